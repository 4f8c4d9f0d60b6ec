//! What the policy crate promises, through its public door.

mod audit;
mod certificates;
mod compose;
mod decisions;
mod documents;
mod fixtures;
mod paths;
mod pipelines;
mod rights;
mod schemas;
mod small_texts;
mod tables;
mod words;
