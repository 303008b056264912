"""What a request says, however it is spelled."""
