//! What an audit reports.

use std::fmt;

use serde::Serialize;

use crate::coded::coded;

/// One finding. Findings order by severity, gravest first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Finding {
    /// How grave.
    pub severity: Severity,
    /// Which kind; stable.
    pub code: FindingCode,
    /// About whom or what.
    pub subject: String,
    /// What was found, in words.
    pub detail: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} [{}] {}: {}", self.severity, self.code, self.subject, self.detail)
    }
}

/// How grave a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Do not send anything: somebody gets what was not asked for.
    Danger,
    /// Not as asked for; whether it hurts depends on the user.
    Warning,
    /// As asked for, or not compared, and worth knowing.
    Notice,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Severity::Danger => "danger",
            Severity::Warning => "warning",
            Severity::Notice => "notice",
        })
    }
}

coded! {
    /// The kinds of finding. The text form is stable.
    FindingCode {
        /// A participant that was not asked for.
        ExtraIdentity = "extra-identity",
        /// A participant that may do no more than the function's loader, and that the user cannot name.
        UnknownLoader = "unknown-loader",
        /// A loader that may do more than write.
        LoaderBeyondWriting = "loader-beyond-writing",
        /// A participant that was asked for and is not there.
        MissingIdentity = "missing-identity",
        /// More rights than asked for.
        ExtraRights = "extra-rights",
        /// Fewer rights than asked for.
        MissingRights = "missing-rights",
        /// A program that is not the function's.
        ExtraProgram = "extra-program",
        /// A program of the function that is not there.
        MissingProgram = "missing-program",
        /// A pipeline that is not the function's.
        ExtraPipeline = "extra-pipeline",
        /// A native module that is not the function's.
        ExtraNativeModule = "extra-native-module",
        /// Another content than the function's.
        OtherHash = "other-hash",
        /// A file of the function whose content is not fixed.
        MissingHash = "missing-hash",
        /// A file that is not the function's and whose content is fixed.
        ExtraHash = "extra-hash",
        /// A setting that is not the function's.
        OtherSetting = "other-setting",
        /// Debug mode: the machine's owner may see into the instance.
        Debug = "debug",
        /// Another attestation server or other certificates of it.
        OtherAttestationServer = "other-attestation-server",
        /// A measurement that the user does not accept.
        OtherRuntime = "other-runtime",
        /// A runtime without isolation is acceptable to the policy, and not to the user.
        Simulated = "simulated-platform",
        /// No measurement at all: any runtime would do.
        NoRuntime = "no-runtime",
        /// The user had nothing to compare with.
        NotCompared = "not-compared",
        /// Somebody else can read what the user brings.
        InputsReadable = "inputs-readable",
        /// Somebody else can read what the programs write.
        OutputsReadable = "outputs-readable",
        /// Somebody else can replace what the user brings.
        InputsReplaceable = "inputs-replaceable",
        /// A program whose code somebody else chooses.
        ProgramReplaceable = "program-replaceable",
    }
}

impl Finding {
    pub(super) fn danger(code: FindingCode, subject: impl Into<String>, detail: impl Into<String>) -> Self {
        Finding { severity: Severity::Danger, code, subject: subject.into(), detail: detail.into() }
    }

    pub(super) fn warning(code: FindingCode, subject: impl Into<String>, detail: impl Into<String>) -> Self {
        Finding { severity: Severity::Warning, ..Finding::danger(code, subject, detail) }
    }

    pub(super) fn notice(code: FindingCode, subject: impl Into<String>, detail: impl Into<String>) -> Self {
        Finding { severity: Severity::Notice, ..Finding::danger(code, subject, detail) }
    }
}
