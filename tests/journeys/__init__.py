"""The whole way in a browser: a live server, a real worker, mail over SMTP, Chromium."""
