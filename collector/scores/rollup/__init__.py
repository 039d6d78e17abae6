"""Robot-days become account-days: closed days once, late ones again, as new versions."""
