//! Never ends and calls nothing: only the runtime's deadline or a cancel stops it.

fn main() {
    loop {
        std::hint::spin_loop();
    }
}
