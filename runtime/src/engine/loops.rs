//! Short loops are written out several times before a module is compiled.
//!
//! Compiled code asks at each turn of each loop whether its run is to end. In a loop of a few instructions that question
//! is most of the work: a product of matrices took 2.5 times what it takes without. Here the body of such a loop stands
//! several times in a row, so that one question serves several turns:
//!
//! ```text
//! loop            block
//!   BODY            loop                     ;; asks
//! end                 block BODY br 2 end    ;; where BODY goes back to the loop, it goes on behind this block;
//!                     block BODY br 2 end    ;; where it comes to its end, it leaves all
//!                     BODY                   ;; here it does go back
//!                   end
//!                 end
//! ```
//!
//! Nothing else changes: no instruction runs that did not run before, and none is left out. Only the places of
//! instructions in the module differ, so that a module whose backtraces are shown is compiled as it is.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

use wasm_encoder::{BlockType as NewBlockType, CodeSection, Encode as _, Instruction, Module, RawSection, SectionId};
use wasmparser::{BlockType, FunctionBody, Operator, Parser, Payload};

/// Instructions of an innermost loop, all copies together: enough that the question is lost among them.
const INNERMOST: Bounds = Bounds { instructions: 256, copies: 32 };

/// The same of a loop around others, which are written out already.
const OUTER: Bounds = Bounds { instructions: 512, copies: 4 };

/// How far a loop is written out.
struct Bounds {
    instructions: usize,
    copies: usize,
}

/// Bytes around each copy: a block, the branch out of it, its end, and labels that became longer.
const AROUND: usize = 8;

/// The first byte of `block`; its type follows.
const BLOCK: u8 = 0x02;

/// What an instruction does to labels.
enum Step {
    Loop {
        /// Whether it is of a kind that is written out.
        plain: bool,
    },
    Block,
    End,
    Branch(u32),
    ConditionalBranch(u32),
    BranchTable(Vec<u32>, u32),
    Call,
    Other,
}

/// An instruction.
struct Placed<'a> {
    step: Step,
    bytes: &'a [u8],
}

/// The same module with its short loops written out; `None` when it has none.
///
/// It must be valid and use nothing but the [offered](super::features::OFFERED) proposals: with exceptions or typed
/// function references there would be further instructions that have labels. What comes out is at most twice as large.
pub(super) fn written_out(wasm: &[u8]) -> Option<Vec<u8>> {
    let mut module = Module::new();
    let mut code = CodeSection::new();
    let mut more = wasm.len();
    let mut changed = false;
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload.ok()?;
        if let Payload::CodeSectionEntry(body) = &payload {
            let content = function(wasm, body, &mut more)?;
            changed |= matches!(content, Cow::Owned(_));
            code.raw(&content);
        } else if let Some((id, range)) = payload.as_section()
            && id != SectionId::Code as u8
        {
            flush(&mut code, &mut module);
            module.section(&RawSection { id, data: wasm.get(range)? });
        }
    }
    flush(&mut code, &mut module);
    changed.then(|| module.finish())
}

/// Sections keep their order: the code goes out before the one that follows it.
fn flush(code: &mut CodeSection, module: &mut Module) {
    if !code.is_empty() {
        module.section(&std::mem::take(code));
    }
}

/// The body of a function; `more` are the bytes by which the module may still grow.
fn function<'a>(wasm: &'a [u8], body: &FunctionBody<'_>, more: &mut usize) -> Option<Cow<'a, [u8]>> {
    let range = body.range();
    let steps = steps(wasm, body)?;
    let plan = plan(&steps, more)?;
    if plan.is_empty() {
        return wasm.get(range).map(Cow::Borrowed);
    }
    let locals = range.start..body.get_operators_reader().ok()?.original_position();
    let mut writer = Writer { steps: &steps, plan: &plan, out: wasm.get(locals)?.to_vec(), labels: vec![0], level: 0 };
    writer.write(0..steps.len())?;
    Some(Cow::Owned(writer.out))
}

fn steps<'a>(wasm: &'a [u8], body: &FunctionBody<'_>) -> Option<Vec<Placed<'a>>> {
    let mut reader = body.get_operators_reader().ok()?;
    let mut steps = Vec::new();
    while !reader.eof() {
        let start = reader.original_position();
        let step = match reader.read().ok()? {
            // One with parameters would need a type for its copies; compilers do not make such loops.
            Operator::Loop { blockty } => Step::Loop { plain: !matches!(blockty, BlockType::FuncType(_)) },
            Operator::Block { .. } | Operator::If { .. } => Step::Block,
            Operator::End => Step::End,
            Operator::Br { relative_depth } => Step::Branch(relative_depth),
            Operator::BrIf { relative_depth } => Step::ConditionalBranch(relative_depth),
            Operator::BrTable { targets } => {
                Step::BranchTable(targets.targets().collect::<Result<_, _>>().ok()?, targets.default())
            }
            Operator::Call { .. } | Operator::CallIndirect { .. } => Step::Call,
            _ => Step::Other,
        };
        steps.push(Placed { step, bytes: wasm.get(start..reader.original_position())? });
    }
    Some(steps)
}

/// What is known of something that is open while loops are looked for.
#[derive(Default)]
struct Open {
    /// Where it began, if it is a loop that may be written out.
    plain: Option<usize>,
    is_loop: bool,
    has_loop: bool,
    /// A call asks by itself, and costs more than that.
    has_call: bool,
    /// What is in it, written out.
    instructions: usize,
    bytes: usize,
}

/// A loop that is to be written out.
struct Planned {
    /// Where its `end` is.
    end: usize,
    copies: usize,
}

/// Loops to be written out, by the place where each begins.
fn plan(steps: &[Placed<'_>], more: &mut usize) -> Option<HashMap<usize, Planned>> {
    let mut plan = HashMap::new();
    let mut open = vec![Open::default()];
    for (place, Placed { step, bytes }) in steps.iter().enumerate() {
        match step {
            Step::Loop { plain } => {
                open.push(Open { plain: plain.then_some(place), is_loop: true, ..Open::default() });
            }
            Step::Block => open.push(Open::default()),
            Step::Call => open.last_mut()?.has_call = true,
            Step::End => {
                let mut inner = open.pop()?;
                let bounds = if inner.has_loop { OUTER } else { INNERMOST };
                let copies = (bounds.instructions / inner.instructions.max(1)).min(bounds.copies);
                let growth = (inner.bytes + AROUND).saturating_mul(copies);
                if let (Some(start), Some(left)) = (inner.plain, more.checked_sub(growth))
                    && copies > 1
                    && !inner.has_call
                {
                    *more = left;
                    plan.insert(start, Planned { end: place, copies });
                    inner.instructions *= copies;
                    inner.bytes = growth;
                }
                // The function itself is closed last, by an `end` without anything around it.
                let Some(outer) = open.last_mut() else { break };
                outer.has_loop |= inner.has_loop || inner.is_loop;
                outer.has_call |= inner.has_call;
                outer.instructions += inner.instructions;
                outer.bytes += inner.bytes;
            }
            Step::Branch(_) | Step::ConditionalBranch(_) | Step::BranchTable(..) | Step::Other => {}
        }
        let inside = open.last_mut()?;
        inside.instructions += 1;
        inside.bytes += bytes.len();
    }
    Some(plan)
}

/// A function that is being written.
struct Writer<'a> {
    steps: &'a [Placed<'a>],
    plan: &'a HashMap<usize, Planned>,
    out: Vec<u8>,
    /// Levels to which branches of the original go, innermost last.
    labels: Vec<u32>,
    /// What is open in the new function.
    level: u32,
}

impl Writer<'_> {
    fn write(&mut self, range: Range<usize>) -> Option<()> {
        let mut place = range.start;
        while place < range.end {
            let Placed { step, bytes } = self.steps.get(place)?;
            if let Some(planned) = self.plan.get(&place) {
                self.write_out(place + 1..planned.end, bytes, planned.copies)?;
                place = planned.end + 1;
                continue;
            }
            match step {
                Step::Branch(to) => Instruction::Br(self.label(*to)?).encode(&mut self.out),
                Step::ConditionalBranch(to) => Instruction::BrIf(self.label(*to)?).encode(&mut self.out),
                Step::BranchTable(to, default) => {
                    let to = to.iter().map(|to| self.label(*to)).collect::<Option<Vec<u32>>>()?;
                    Instruction::BrTable(to.into(), self.label(*default)?).encode(&mut self.out);
                }
                Step::Loop { .. } | Step::Block => {
                    self.open(bytes);
                    self.labels.push(self.level);
                }
                Step::End => {
                    self.labels.pop();
                    self.close();
                }
                Step::Call | Step::Other => self.out.extend_from_slice(bytes),
            }
            place += 1;
        }
        Some(())
    }

    /// A loop; `head` is its first instruction, `inside` all between that and its end.
    fn write_out(&mut self, inside: Range<usize>, head: &[u8], copies: usize) -> Option<()> {
        let (_, results) = head.split_first()?;
        self.open(&[&[BLOCK], results].concat());
        self.open(head);
        let mut block = Vec::new();
        Instruction::Block(NewBlockType::Empty).encode(&mut block);
        for _ in 1..copies {
            self.open(&block);
            self.copy(inside.clone())?;
            Instruction::Br(2).encode(&mut self.out);
            self.close();
        }
        self.copy(inside)?;
        self.close();
        self.close();
        Some(())
    }

    /// The inside of a loop; its own label is what was opened last.
    fn copy(&mut self, inside: Range<usize>) -> Option<()> {
        self.labels.push(self.level);
        self.write(inside)?;
        self.labels.pop();
        Some(())
    }

    fn open(&mut self, head: &[u8]) {
        self.out.extend_from_slice(head);
        self.level += 1;
    }

    fn close(&mut self) {
        Instruction::End.encode(&mut self.out);
        self.level = self.level.saturating_sub(1);
    }

    fn label(&self, old: u32) -> Option<u32> {
        let position = self.labels.len().checked_sub(usize::try_from(old).ok()? + 1)?;
        Some(self.level - self.labels.get(position)?)
    }
}
