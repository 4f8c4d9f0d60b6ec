//! Running programs and pipelines, ending runs, ending the instance.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use veracruz_protocol::{ComputeOptions, Content, Download, Request, RunNumber, encode_request, exit_code};

use super::{Repeats, Session, error_of, in_the_instance, unexpected};
use crate::error::{Error, shown};
use crate::wire::{Answer, Fault, Sink};

/// Bytes of an exit code on the wire.
const EXIT_CODE_BYTES: u64 = 4;

/// How a program is to be run. By default: for as long as the instance allows, and not to be cancelled.
#[derive(Clone, Debug, Default)]
#[must_use = "options do nothing by themselves"]
pub struct Compute {
    timeout: Option<Duration>,
    run: Option<RunNumber>,
    cancel: Option<CancelHandle>,
}

impl Compute {
    /// The defaults.
    pub fn new() -> Self {
        Compute::default()
    }

    /// Ends the run after this time, with a failure.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// The number by which the run can be cancelled from another session of the same identity. Numbers of one identity
    /// should differ: a cancel goes to the run that has the number.
    pub fn run(mut self, run: RunNumber) -> Self {
        self.run = Some(run);
        self
    }

    /// Ends the run when the handle says so, over this very connection.
    pub fn cancelled_by(mut self, handle: &CancelHandle) -> Self {
        self.cancel = Some(handle.clone());
        self
    }
}

/// Ends runs from anywhere: another task, another thread, a signal handler's task. Once used it stays so: a run that is
/// given a used handle ends at once.
#[derive(Clone, Debug)]
pub struct CancelHandle(Arc<watch::Sender<bool>>);

impl Default for CancelHandle {
    fn default() -> Self {
        CancelHandle(Arc::new(watch::Sender::new(false)))
    }
}

impl CancelHandle {
    /// A fresh handle.
    pub fn new() -> Self {
        CancelHandle::default()
    }

    /// Asks for the end of the runs that were given this handle. They end with [`Error::Failed`], or, when they were
    /// quicker, as they would have.
    pub fn cancel(&self) {
        self.0.send_replace(true);
    }

    async fn cancelled(&self) {
        // The sender lives in `self`, so this waits for a cancel and never ends otherwise.
        let mut receiver = self.0.subscribe();
        let _ = receiver.wait_for(|cancelled| *cancelled).await;
    }
}

impl Session {
    /// Runs a program and gives its exit code, whatever that is.
    ///
    /// # Errors
    ///
    /// [`Error::Failed`] when it did not run to its end: no right, no such file, a trap, a timeout, a cancel. After
    /// [`Error::Lost`] it may have run or not; it is never repeated by itself.
    pub async fn compute(&mut self, program: &str, options: Compute) -> Result<u32, Error> {
        let target = in_the_instance(program)?;
        let (wire_options, cancel) = self.options(options)?;
        let request = Request::Compute { program: target, options: wire_options };
        self.run(&request, "run", program, wire_options.run, cancel).await
    }

    /// Runs a pipeline of the policy, by its name or its number in the policy, and gives its exit code.
    ///
    /// # Errors
    ///
    /// [`Error::NoPipeline`], and as [`compute`](Self::compute).
    pub async fn pipeline(&mut self, pipeline: &str, options: Compute) -> Result<u32, Error> {
        let number = self.pipeline_number(pipeline)?;
        let (wire_options, cancel) = self.options(options)?;
        let request = Request::Pipeline { name: number.to_string(), options: wire_options };
        self.run(&request, "run the pipeline", pipeline, wire_options.run, cancel).await
    }

    /// Ends a run that this identity started on another connection, by the number that was given to it.
    ///
    /// # Errors
    ///
    /// [`Error::Failed`] when there is no such run, perhaps no more.
    pub async fn cancel(&mut self, run: RunNumber) -> Result<(), Error> {
        let name = run.to_string();
        match self.ask(&Request::Cancel { run }, "cancel run", &name, Repeats::Safely).await? {
            Content::Empty => Ok(()),
            _ => Err(unexpected("cancel run")),
        }
    }

    /// Ends the instance and all that is in it, and the session.
    ///
    /// # Errors
    ///
    /// [`Error::Failed`] when the instance refuses; [`Error::Lost`] when it was gone before it answered, which may mean
    /// that it did end.
    pub async fn shutdown(mut self) -> Result<(), Error> {
        match self.ask(&Request::Shutdown, "shut down", "the instance", Repeats::Never).await? {
            Content::Empty => {
                // It is going: a farewell that does not arrive is no failure.
                let _ = self.close().await;
                Ok(())
            }
            _ => Err(unexpected("shut down")),
        }
    }

    /// A run that may be cancelled needs a number. Random ones of 64 bits do not meet.
    fn options(&self, options: Compute) -> Result<(ComputeOptions, Option<CancelHandle>), Error> {
        let Compute { timeout, mut run, cancel } = options;
        if cancel.is_some() && run.is_none() {
            let [a, b, c, d, e, f, g, h, ..] = self.inner.tls.nonce()?;
            run = RunNumber::new(u64::from_be_bytes([a, b, c, d, e, f, g, h]) | 1);
        }
        Ok((ComputeOptions { timeout, run }, cancel))
    }

    fn pipeline_number(&self, pipeline: &str) -> Result<usize, Error> {
        let pipelines = self.inner.policy.pipelines();
        let by_name = pipelines.iter().position(|entry| entry.name.as_str() == pipeline);
        let by_number = || pipeline.parse().ok().filter(|number: &usize| *number < pipelines.len());
        by_name.or_else(by_number).ok_or_else(|| Error::NoPipeline(shown(pipeline)))
    }

    async fn run(
        &mut self,
        request: &Request,
        operation: &'static str,
        name: &str,
        run: Option<RunNumber>,
        cancel: Option<CancelHandle>,
    ) -> Result<u32, Error> {
        let too_long = |reason| Error::Request { name: shown(name), reason };
        let message = encode_request(request).map_err(too_long)?;
        let end = run.map(|run| encode_request(&Request::Cancel { run })).transpose().map_err(too_long)?;
        let mut code = Vec::new();
        let exchange = async {
            self.wire.begin()?;
            self.wire.send(&message).await?;
            let answer = self.answer_or_cancel(&mut code, cancel.zip(end)).await?;
            self.wire.end();
            Ok(answer)
        };
        match exchange.await.map_err(|fault| error_of(fault, operation, name))? {
            Answer::Payload(Download::Result) => {
                let bad = || Error::Protocol { operation, detail: "an exit code has 4 bytes".to_owned() };
                exit_code(&code).ok_or_else(bad)
            }
            Answer::Failed(failure) => Err(Error::Failed { operation, name: shown(name), failure: Box::new(failure) }),
            Answer::Done(Content::Empty) => Err(Error::NoResult { operation, name: shown(name) }),
            _ => Err(unexpected(operation)),
        }
    }

    /// Waits for the run's answer. A cancel that comes meanwhile goes out at once, and its own answer, which comes after
    /// the run's, says nothing more.
    async fn answer_or_cancel(
        &mut self,
        code: &mut Vec<u8>,
        cancel: Option<(CancelHandle, bytes::Bytes)>,
    ) -> Result<Answer, Fault> {
        let mut sink = Sink::quiet(code, EXIT_CODE_BYTES);
        let Some((handle, message)) = cancel else { return self.wire.receive(&mut sink).await };
        // Writing to memory never waits, so `receive` may be dropped and called again.
        tokio::select! {
            answer = self.wire.receive(&mut sink) => return answer,
            () = handle.cancelled() => {}
        }
        self.wire.send(&message).await?;
        let answer = self.wire.receive(&mut sink).await?;
        self.wire.receive(&mut Sink::none()).await?;
        Ok(answer)
    }
}
