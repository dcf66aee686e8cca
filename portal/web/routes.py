"""The pages of the desk, put together."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter()
