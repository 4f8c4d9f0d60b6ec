//! Does nothing: what a run costs beside the program's own work.

fn main() {}
