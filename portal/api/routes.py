"""The routes of the interface, put together."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter(prefix="/api/v1")
