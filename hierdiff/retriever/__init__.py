"""Retrievers: what finds passages for sections. `FolderRetriever` searches the text files of a local folder."""
