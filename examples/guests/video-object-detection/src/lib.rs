//! Finds objects in an encrypted H.264 video, with a Darknet network, and shows them: `detector`'s inside.
//!
//! [`run`] is the whole program on a [`Folder`]: it reads the files that [`files`] names and writes the pictures, the list
//! of detections and the lines of the i-poc's detector. The video is decrypted, decoded and looked at in a stream; neither
//! it nor its clear form is ever held whole. It starts no thread, opens no connection, and ends with an [`Error`] that
//! names the file where one is bad.

mod cipher;
mod clock;
mod error;
pub mod files;
mod letters;
mod names;
mod picture;
mod program;
mod report;
mod video;

pub use error::Error;
pub use files::Folder;
pub use program::run;
