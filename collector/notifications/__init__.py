"""What others are told: webhooks for systems, notices for people, and the job that sends both."""
