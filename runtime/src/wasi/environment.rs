//! What a guest is told about itself: arguments, environment, the names of its first directories.

use wiggle::{GuestMemory, GuestPtr};

use super::Wasi;
use super::abi::Stop;
use super::abi::types::{Errno, Fd, Prestat, PrestatDir, Size};
use super::table::Origin;

/// Texts as WASI hands them out: one after the other, each with a NUL behind it.
#[derive(Debug)]
pub(super) struct Texts(Vec<String>);

impl Texts {
    /// A NUL ends a text for the guest, so none has one inside.
    pub(super) fn new(texts: impl IntoIterator<Item = String>) -> Self {
        Texts(texts.into_iter().map(|text| text.split('\0').next().unwrap_or_default().to_owned()).collect())
    }

    pub(super) fn sizes(&self) -> Result<(Size, Size), Stop> {
        let bytes: usize = self.0.iter().map(|text| text.len() + 1).sum();
        let size = |number: usize| Size::try_from(number).map_err(|_| Stop::Errno(Errno::Overflow));
        Ok((size(self.0.len())?, size(bytes)?))
    }

    /// Writes the addresses to `table` and the texts to `buffer`.
    pub(super) fn write(
        &self,
        memory: &mut GuestMemory<'_>,
        table: GuestPtr<GuestPtr<u8>>,
        buffer: GuestPtr<u8>,
    ) -> Result<(), Stop> {
        let (mut slot, mut at) = (table, buffer);
        for text in &self.0 {
            let len = Size::try_from(text.len()).map_err(|_| Errno::Overflow)?;
            memory.copy_from_slice(text.as_bytes(), at.as_array(len))?;
            let end = at.add(len)?;
            memory.write(end, 0)?;
            memory.write(slot, at)?;
            slot = slot.add(1)?;
            at = end.add(1)?;
        }
        Ok(())
    }
}

impl Wasi {
    pub(super) fn prestat(&self, fd: Fd) -> Result<Prestat, Stop> {
        let name = self.preopen_name(fd)?;
        let pr_name_len = Size::try_from(name.len()).map_err(|_| Errno::Overflow)?;
        Ok(Prestat::Dir(PrestatDir { pr_name_len }))
    }

    pub(super) fn prestat_name(
        &self,
        memory: &mut GuestMemory<'_>,
        fd: Fd,
        buffer: GuestPtr<u8>,
        len: Size,
    ) -> Result<(), Stop> {
        let name = self.preopen_name(fd)?;
        let needed = Size::try_from(name.len()).map_err(|_| Errno::Overflow)?;
        if len < needed {
            return Err(Errno::Nametoolong.into());
        }
        Ok(memory.copy_from_slice(name.as_bytes(), buffer.as_array(needed))?)
    }

    fn preopen_name(&self, fd: Fd) -> Result<&str, Stop> {
        match &self.table.get(fd)?.origin {
            Origin::Preopen(name) => Ok(name),
            Origin::Stream | Origin::Opened => Err(Errno::Badf.into()),
        }
    }
}
