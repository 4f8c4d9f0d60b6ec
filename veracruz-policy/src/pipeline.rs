//! Pipelines: which programs run one after the other.
//!
//! ```text
//! Exprs = (Expr ";")* Expr?
//! Expr  = Path | "if" Path "{" Exprs "}" ["else" "{" Exprs "}"] | "{" Exprs "}"
//! ```
//! In Veracruz `;` and braces needed blanks around them, or they became part of a path; here they never are one.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::error::{Refusal, Rule};
use crate::path::{PathError, VfsPath};

/// Bytes of a pipeline's text: hundreds of steps, and a bound on the work of reading one.
pub const MAX_PIPELINE_BYTES: usize = 64 << 10;

/// Nested blocks: the reader is recursive, so its depth must not be a stranger's choice.
pub const MAX_PIPELINE_DEPTH: usize = 32;

/// A pipeline's text together with its steps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pipeline {
    text: String,
    steps: Vec<Step>,
}

/// One step. A sequence ends at the first program whose exit code is not zero and has that code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Run the program.
    Run(VfsPath),
    /// Run one of two sequences, by whether a file exists for the caller.
    If {
        /// The file.
        exists: VfsPath,
        /// When it exists.
        then: Vec<Step>,
        /// When it does not.
        otherwise: Vec<Step>,
    },
    /// Run a sequence.
    Block(Vec<Step>),
}

impl Pipeline {
    /// Reads a pipeline.
    ///
    /// # Errors
    /// [`PipelineError`], with the byte offset of the trouble.
    pub fn parse(text: &str) -> Result<Self, PipelineError> {
        if text.len() > MAX_PIPELINE_BYTES {
            return Err(PipelineError::TooLong(text.len()));
        }
        let mut parser = Parser { tokens: Tokens { text, offset: 0 }, depth: 0 };
        let steps = parser.sequence()?;
        match parser.tokens.next() {
            None => Ok(Pipeline { text: text.to_owned(), steps }),
            Some((offset, token)) => Err(PipelineError::unexpected(offset, "`;` or the end", token)),
        }
    }

    /// The text as written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The steps, in order.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Every program that the pipeline can run, in order of appearance.
    pub fn programs(&self) -> Vec<&VfsPath> {
        let mut programs = Vec::new();
        collect_programs(&self.steps, &mut programs);
        programs
    }
}

fn collect_programs<'s>(steps: &'s [Step], into: &mut Vec<&'s VfsPath>) {
    for step in steps {
        match step {
            Step::Run(path) => into.push(path),
            Step::Block(steps) => collect_programs(steps, into),
            Step::If { then, otherwise, .. } => {
                collect_programs(then, into);
                collect_programs(otherwise, into);
            }
        }
    }
}

impl Serialize for Pipeline {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

#[derive(Clone, Copy)]
struct Tokens<'t> {
    text: &'t str,
    offset: usize,
}

impl<'t> Iterator for Tokens<'t> {
    type Item = (usize, &'t str);

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.text.get(self.offset..)?;
        let start = self.offset + (rest.len() - rest.trim_start().len());
        let token = self.text.get(start..)?;
        let length = match token.chars().next()? {
            ';' | '{' | '}' => 1,
            _ => token.find(|c: char| c.is_whitespace() || matches!(c, ';' | '{' | '}')).unwrap_or(token.len()),
        };
        self.offset = start + length;
        Some((start, token.get(..length)?))
    }
}

struct Parser<'t> {
    tokens: Tokens<'t>,
    depth: usize,
}

impl<'t> Parser<'t> {
    /// `Exprs`, up to a closing brace or the end, neither of which is taken.
    fn sequence(&mut self) -> Result<Vec<Step>, PipelineError> {
        let mut steps = Vec::new();
        while self.peek().is_some_and(|token| token != "}") {
            steps.push(self.expression()?);
            match self.peek() {
                Some(";") => self.tokens.next(),
                _ => break,
            };
        }
        Ok(steps)
    }

    fn expression(&mut self) -> Result<Step, PipelineError> {
        match self.peek() {
            Some("{") => self.block().map(Step::Block),
            Some("if") => {
                self.tokens.next();
                let exists = self.path()?;
                let then = self.block()?;
                let otherwise = match self.peek() {
                    Some("else") => {
                        self.tokens.next();
                        self.block()?
                    }
                    _ => Vec::new(),
                };
                Ok(Step::If { exists, then, otherwise })
            }
            _ => self.path().map(Step::Run),
        }
    }

    fn block(&mut self) -> Result<Vec<Step>, PipelineError> {
        self.depth += 1;
        if self.depth > MAX_PIPELINE_DEPTH {
            return Err(PipelineError::TooDeep);
        }
        self.exactly("{", "`{`")?;
        let steps = self.sequence()?;
        self.exactly("}", "`;` or `}`")?;
        self.depth -= 1;
        Ok(steps)
    }

    fn path(&mut self) -> Result<VfsPath, PipelineError> {
        match self.tokens.next() {
            Some((offset, token)) if matches!(token, ";" | "{" | "}" | "if" | "else") => {
                Err(PipelineError::unexpected(offset, "a program's path", token))
            }
            Some((offset, token)) => VfsPath::parse(token).map_err(|reason| PipelineError::Path { offset, reason }),
            None => Err(PipelineError::unexpected(self.tokens.text.len(), "a program's path", "")),
        }
    }

    fn exactly(&mut self, wanted: &str, expected: &'static str) -> Result<(), PipelineError> {
        match self.tokens.next() {
            Some((_, token)) if token == wanted => Ok(()),
            Some((offset, token)) => Err(PipelineError::unexpected(offset, expected, token)),
            None => Err(PipelineError::unexpected(self.tokens.text.len(), expected, "")),
        }
    }

    fn peek(&self) -> Option<&'t str> {
        let mut ahead = self.tokens;
        ahead.next().map(|(_, token)| token)
    }
}

/// Why a text is no pipeline.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PipelineError {
    /// Longer than [`MAX_PIPELINE_BYTES`].
    #[error("the pipeline has {0} bytes, the limit is {MAX_PIPELINE_BYTES}")]
    TooLong(usize),
    /// Blocks nested deeper than [`MAX_PIPELINE_DEPTH`].
    #[error("blocks are nested deeper than {MAX_PIPELINE_DEPTH}")]
    TooDeep,
    /// A token where the grammar wants another.
    #[error("at byte {offset}: expected {expected}, found {found}")]
    Unexpected {
        /// Bytes before the token.
        offset: usize,
        /// What the grammar wants.
        expected: &'static str,
        /// The token, bounded and escaped.
        found: Shown,
    },
    /// A path without normal form.
    #[error("at byte {offset}: {reason}")]
    Path {
        /// Bytes before the path.
        offset: usize,
        /// What is wrong with it.
        reason: PathError,
    },
}

/// A token as an error shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown(String);

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() { f.write_str("the end") } else { write!(f, "{:?}", self.0) }
    }
}

impl PipelineError {
    fn unexpected(offset: usize, expected: &'static str, token: &str) -> Self {
        PipelineError::Unexpected { offset, expected, found: Shown(token.chars().take(40).collect()) }
    }
}

impl From<PipelineError> for Refusal {
    fn from(error: PipelineError) -> Self {
        let expected = "programs separated by `;`, `if PATH { … } else { … }`, or `{ … }`";
        Refusal::new(Rule::BadPipeline, expected, error.to_string())
    }
}
