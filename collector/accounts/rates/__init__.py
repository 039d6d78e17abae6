"""Renewal, retention, upsell, referral, time to value, CAC and LTV, with the accounts behind each figure."""
