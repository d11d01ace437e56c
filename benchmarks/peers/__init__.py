"""What Plaza is measured against: each as one would write it who knows the tool well."""
