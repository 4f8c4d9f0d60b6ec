//! Fixtures that several suites and fuzz targets need. Nothing here is for production: it panics where it is misused.

pub mod forge;
