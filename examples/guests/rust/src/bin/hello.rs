//! Prints a line on stdout.

fn main() {
    println!("Hello, World!");
}
