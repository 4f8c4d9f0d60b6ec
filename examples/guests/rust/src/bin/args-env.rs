//! Prints each argument after the program's name, then each environment variable as `NAME=value`, a line each.

fn main() {
    for argument in std::env::args().skip(1) {
        println!("{argument}");
    }
    for (name, value) in std::env::vars() {
        println!("{name}={value}");
    }
}
