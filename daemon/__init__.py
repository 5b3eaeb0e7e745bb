"""stemd: the process that listens, queues, and turns audio into notes."""
