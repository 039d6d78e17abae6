"""The back-test: would the score have told, in time and without looking ahead, who does not renew?"""
