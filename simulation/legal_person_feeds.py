"""The feeds about companies besides their register and the tax office's, and about organisations, licences and accounts."""

from __future__ import annotations

CODE_CHANGE = "sc_code_change"
SOCIAL, PUBLIC = "mz_social_organisation", "bb_public_institution"
STATISTICS = "tj_statistics_unit"
LICENCE, PENALTY = "sp_licence", "zf_penalty"
UTILITY = "gy_utility"
