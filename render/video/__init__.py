"""Moving pictures, read and written: knows no project and no take."""
