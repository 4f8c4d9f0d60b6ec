//! Decodes an H.264 byte stream into pictures, by OpenH264.
