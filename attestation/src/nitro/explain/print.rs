//! An explanation as text for a person.

use std::fmt;

use super::super::excerpt::excerpt;
use super::{Bytes, Certificate, Explanation, Register, Standing};

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.standing {
            Standing::Unverified => "UNVERIFIED claims; nothing below is proven.\n",
            Standing::Genuine => "Genuine evidence, not compared with a whole expectation.\n",
            Standing::Verified => "Verified evidence.\n",
        })?;
        let platform = self.platform.map_or("unknown", |platform| platform.name());
        let insecure = self.platform.is_some_and(|platform| !platform.is_isolated());
        writeln!(
            f,
            "  platform     {platform}{}",
            if insecure { " (INSECURE: no isolation)" } else { "" }
        )?;
        writeln!(f, "  module id    {}", excerpt(&self.module_id))?;
        writeln!(f, "  made at      {}", self.timestamp)?;
        writeln!(
            f,
            "  debug mode   {}",
            if self.debug { "YES: the host sees all" } else { "no" }
        )?;
        field(f, "nonce", self.nonce.as_ref())?;
        field(f, "user data", self.user_data.as_ref())?;
        field(f, "public key", self.public_key.as_ref())?;
        writeln!(f, "  SHA-384      {} (of the document)", self.evidence_sha384)?;
        writeln!(f, "Registers (all zero where not named):")?;
        self.pcrs
            .iter()
            .filter(|register| !register.value.is_zero())
            .try_for_each(|register| print_register(f, register))?;
        writeln!(f, "Certificates:")?;
        self.certificates
            .iter()
            .try_for_each(|certificate| print_certificate(f, certificate))?;
        list(f, "Checked:", &self.checked)?;
        list(f, "NOT checked:", &self.not_checked)
    }
}

fn field(f: &mut fmt::Formatter<'_>, name: &str, bytes: Option<&Bytes>) -> fmt::Result {
    match bytes {
        None => writeln!(f, "  {name:<12} none"),
        Some(bytes) => writeln!(f, "  {name:<12} {} bytes: {}", bytes.length, excerpt(&bytes.hex)),
    }
}

fn print_register(f: &mut fmt::Formatter<'_>, register: &Register) -> fmt::Result {
    let compared = if register.compared {
        ", as expected"
    } else {
        ", not compared"
    };
    writeln!(
        f,
        "  PCR{:<2} {}{compared}\n        {}",
        register.index, register.meaning, register.value
    )
}

fn print_certificate(f: &mut fmt::Formatter<'_>, certificate: &Certificate) -> fmt::Result {
    match (&certificate.subject, &certificate.not_before, &certificate.not_after) {
        (Some(subject), Some(from), Some(to)) => {
            writeln!(
                f,
                "  {:<12} {from} to {to}\n               {}",
                certificate.at,
                subject.escape_debug()
            )
        }
        _ => writeln!(f, "  {:<12} does not parse", certificate.at),
    }
}

fn list(f: &mut fmt::Formatter<'_>, title: &str, sentences: &[String]) -> fmt::Result {
    writeln!(f, "{title}")?;
    sentences.iter().try_for_each(|sentence| writeln!(f, "  - {sentence}"))
}
