//! S3 objects into instances.
