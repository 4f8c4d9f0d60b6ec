//! `veracruz attest`: is this evidence genuine, of which code, and how would I make some to try?

mod explain;
mod measure;
mod simulate;
mod simulated_root;
mod verify;

use std::str::FromStr;

use clap::Subcommand;
use veracruz_attestation::nitro::Refusal;

use crate::output::{Answer, WrongUse};

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Verify an attestation document: genuine, of this code, for this request.
    ///
    /// Exit status 0: everything that was asked for holds. 1: refused, with a stable code and the reason. 2: wrong use.
    /// Without --pcr the evidence can be genuine, but it could be of any code: the answer says so. Freshness is checked
    /// against --at only with --nonce or --max-age; certificates must be valid at --at in any case.
    #[command(after_long_help = verify::EXAMPLE)]
    Verify(verify::Verify),
    /// Say in plain words what a document claims, without verifying anything.
    Explain(explain::Explain),
    /// Compute the measurement of an enclave image (EIF) or of a runtime binary, offline.
    ///
    /// The JSON form has the member `reference`: one entry of the file that `proxy-attestation-server --measurements`
    /// reads.
    Measure(measure::Measure),
    /// Make INSECURE evidence of the same format as Nitro's, to develop and test with.
    ///
    /// The evidence says that --program runs; nobody checked that it does. It is signed under a root that is made now
    /// and whose key is thrown away, so nobody trusts it who is not told to, by `attest verify --anchor ROOT
    /// --allow-simulated`.
    Simulate(simulate::Simulate),
    /// Make the INSECURE root that simulated instances and an attestation server share.
    ///
    /// `veracruz-server --simulated-root FILE` signs its evidence under it; the certificate beside it, FILE.pem, is what
    /// `proxy-attestation-server --allow-simulated-root` and a client's trust.toml take.
    SimulatedRoot(simulated_root::MakeRoot),
}

pub(crate) fn run(command: Command) -> Result<Answer, WrongUse> {
    match command {
        Command::Verify(verify) => verify.run(),
        Command::Explain(explain) => explain.run(),
        Command::Measure(measure) => measure.run(),
        Command::Simulate(simulate) => simulate.run(),
        Command::SimulatedRoot(make) => make.run(),
    }
}

/// Refused evidence as every command answers it.
fn refusal(refusal: &Refusal) -> Answer {
    Answer::refused(refusal.code(), refusal.to_string(), serde_json::json!({}))
}

/// Bytes given in hexadecimal digits, at least one.
#[derive(Clone)]
struct HexBytes(Vec<u8>);

impl FromStr for HexBytes {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match hex::decode(text) {
            Ok(bytes) if bytes.is_empty() => Err("give at least one byte".to_owned()),
            Ok(bytes) => Ok(HexBytes(bytes)),
            Err(error) => Err(format!("not hexadecimal: {error}")),
        }
    }
}
