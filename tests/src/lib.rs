//! Cross-crate suites, shared fixtures and the tidy rules. Unpublished: no other crate uses it outside its own tests.
