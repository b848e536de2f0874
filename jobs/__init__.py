"""Scheduled work, run by Prefect: it keeps the timetable, the retries, the logs and the history."""
