"""From approval to evidence; the only code that moves or removes a file on a share."""
