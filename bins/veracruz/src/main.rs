//! veracruz.
fn main() {}
