//! Clients of the services: functions and instances at CCFaaS, instances at VaaS, copies from S3.
//!
//! ```no_run
//! use veracruz_client::rest::{CcfaasClient, Service};
//! # async fn run(function: &str, user: &str, program: tokio::fs::File, length: u64) -> Result<(), Box<dyn std::error::Error>> {
//! let ccfaas = CcfaasClient::new(Service::at("http://127.0.0.1:5010")?);
//! ccfaas.create_function(function).await?;
//! ccfaas.upload_program("vod", "/program/detector.wasm", length, program).await?;
//! let instance = ccfaas.create_instance(user).await?; // audit its policy before anything is sent to it
//! # Ok(()) }
//! ```
//!
//! A [`Service`] says where a service is and how to prove who asks. No call follows a redirect, uses a proxy of the
//! environment, repeats itself, or takes more of an answer than [`MAX_ANSWER_BYTES`]. Tokens, keys and credentials go over
//! `https://` or to this machine, and nowhere else unless that is allowed by name. Every [`Error`] has a
//! [`code`](Error::code) for programs and a [`next_step`](Error::next_step) for people; what a service says in it is bounded
//! and escaped.
//!
//! What a service answers is its word: nothing here verifies an instance, which is what [`crate::Client`] is for.

mod answer;
mod call;
mod ccfaas;
mod error;
mod foreign;
mod path;
mod s3_app;
mod service;
mod upload;
mod vaas;

pub use answer::MAX_ANSWER_BYTES;
pub use ccfaas::CcfaasClient;
pub use error::{Error, UrlFault};
pub use s3_app::S3AppClient;
pub use service::{ANSWER_TIMEOUT, CONNECT_TIMEOUT, COPY_TIMEOUT, CREATION_TIMEOUT, Service, UPLOAD_TIMEOUT};
pub use vaas::VaasClient;

/// The bodies, which services and clients share.
pub use veracruz_rest::{
    Copied, CopyJob, CopyRequest, CopyStatus, DataFileList, Destination, Fault, FunctionList, InstanceDescription,
    InstanceList, InstanceState, Problem, ProgramList, Secret, Source, VeracruzCreated, VeracruzDescription,
    VeracruzList,
};
