"""What customers pay for skills: prices, the rating of use, and bills whose lines open to robots and days."""
