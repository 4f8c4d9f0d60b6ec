//! The system call behind `/dev/nsm`: one ioctl with two buffers. The only place of the project with unsafe code.
//!
//! It must know nothing of what is in the buffers.
#![expect(unsafe_code, reason = "an ioctl hands addresses to the kernel, which no safe interface covers")]

use std::ffi::c_void;
use std::io;
use std::marker::PhantomData;
use std::os::fd::AsFd;

use rustix::ioctl::{Ioctl, IoctlOutput, Opcode, opcode};

/// `NSM_IOCTL_MAGIC` of Linux, `include/uapi/linux/nsm.h`.
const MAGIC: u8 = 0x0A;

/// Sends `request`, has the answer written to `response`, and gives its length.
///
/// # Errors
///
/// What the kernel reports.
pub(super) fn exchange(device: impl AsFd, request: &[u8], response: &mut [u8]) -> io::Result<usize> {
    let capacity = response.len();
    let exchange = Exchange {
        message: Message {
            request: Buffer { address: request.as_ptr().cast_mut().cast(), length: request.len() },
            response: Buffer { address: response.as_mut_ptr().cast(), length: capacity },
        },
        buffers: PhantomData,
    };
    // SAFETY: `Exchange` describes this ioctl (see its own note) and borrows both buffers until the call is over. On a
    // file that is not the device the kernel refuses the number and touches nothing.
    let length = unsafe { rustix::ioctl::ioctl(device, exchange) }?;
    if length > capacity {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "the driver announces more than fits"));
    }
    Ok(length)
}

/// `struct iovec`: an address and a length.
#[repr(C)]
struct Buffer {
    address: *mut c_void,
    length: usize,
}

/// `struct nsm_raw`-compatible pair of `struct iovec`, as `aws-nitro-enclaves-nsm-api` sends it.
#[repr(C)]
struct Message {
    request: Buffer,
    response: Buffer,
}

struct Exchange<'a> {
    message: Message,
    buffers: PhantomData<(&'a [u8], &'a mut [u8])>,
}

// SAFETY: the driver takes a pointer to `Message`, reads the request's buffer, writes at most the announced length of the
// response's, and stores the length of its answer in the message, which is therefore mutating. It never writes to the
// request's buffer. Magic, number and size make the opcode that the driver knows.
unsafe impl Ioctl for Exchange<'_> {
    type Output = usize;

    const IS_MUTATING: bool = true;

    fn opcode(&self) -> Opcode {
        opcode::read_write::<Message>(MAGIC, 0)
    }

    fn as_ptr(&mut self) -> *mut c_void {
        (&raw mut self.message).cast()
    }

    // SAFETY: of the caller's promise, that `message` is the pointer that `as_ptr` gave, this makes use.
    unsafe fn output_from_ptr(_: IoctlOutput, message: *mut c_void) -> rustix::io::Result<usize> {
        // SAFETY: `as_ptr` pointed to a live `Message` that nothing else refers to, and any bits are a valid length.
        Ok(unsafe { (*message.cast::<Message>()).response.length })
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io;

    use rustix::ioctl::{Ioctl as _, Opcode};

    use super::{Buffer, Exchange, Message, exchange};

    #[test]
    fn the_number_of_the_ioctl_is_that_of_the_driver() {
        let null = || Buffer { address: std::ptr::null_mut(), length: 0 };
        let exchange =
            Exchange { message: Message { request: null(), response: null() }, buffers: std::marker::PhantomData };
        // _IOWR(0x0A, 0, 32 bytes): direction 3, size 0x20, type 0x0A, number 0.
        assert_eq!(exchange.opcode(), 0xC020_0A00 as Opcode);
    }

    #[test]
    fn a_file_that_is_no_device_refuses_the_call() {
        let file = File::open("/dev/null").unwrap();
        let mut response = [0x55; 16];
        let error = exchange(&file, b"request", &mut response).unwrap_err();
        assert_eq!(error.raw_os_error(), Some(rustix::io::Errno::NOTTY.raw_os_error()));
        assert_eq!(error.kind(), io::Error::from(rustix::io::Errno::NOTTY).kind());
        assert_eq!(response, [0x55; 16]);
    }
}
