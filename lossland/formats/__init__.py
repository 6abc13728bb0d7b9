"""Files that lossland writes and reads, one format a module."""
