"""Text out of files: PDF, Word, Excel, CSV, web pages, mails, calendars, JSON, plain text. What a file is tells its
content, never its name. It is read in a process of its own (`process.read`), which may neither grow nor go on."""
