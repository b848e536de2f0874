"""What can go wrong with the embedded PostgreSQL."""


class ClusterError(Exception):
    """The embedded PostgreSQL could not do what was asked; the message says why."""


class FolderInUse(ClusterError):
    """Another process runs its cluster in the same data folder."""


class ServerFailure(ClusterError):
    """The server did not start or did not stop; the message carries the end of its log."""
