"""What the charts are checked and written with: helm, kubectl and schemas, renderings, generated files."""
