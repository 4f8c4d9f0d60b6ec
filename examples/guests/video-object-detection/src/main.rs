//! Finds objects in an encrypted H.264 video, inside an instance.

fn main() {}
