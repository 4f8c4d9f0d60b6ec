//! Messages of the session by hand: protobuf (Protocol Buffers, "Encoding") and the 8-byte length before it.

/// A field of text, bytes or a message.
pub(crate) fn field(number: u32, content: &[u8]) -> Vec<u8> {
    [varint(u64::from(number << 3 | 2)), varint(content.len() as u64), content.to_vec()].concat()
}

/// A field with a number.
pub(crate) fn number(field: u32, value: u64) -> Vec<u8> {
    [varint(u64::from(field << 3)), varint(value)].concat()
}

pub(crate) fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value > 0x7f {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

/// A message with its length.
pub(crate) fn framed(message: &[u8]) -> Vec<u8> {
    [&(message.len() as u64).to_be_bytes(), message].concat()
}

/// `Data { file_name, data }`.
fn data(name: &str, content: &[u8]) -> Vec<u8> {
    [field(1, name.as_bytes()), field(2, content)].concat()
}

pub(crate) fn write_file(name: &str, content: &[u8]) -> Vec<u8> {
    field(2, &data(name, content))
}

pub(crate) fn append_file(name: &str, content: &[u8]) -> Vec<u8> {
    field(3, &data(name, content))
}

pub(crate) fn compute(program: &str) -> Vec<u8> {
    field(5, &field(1, program.as_bytes()))
}

/// A compute with a number, and a timeout in milliseconds unless it is 0.
pub(crate) fn compute_with(program: &str, run: u64, timeout_ms: u64) -> Vec<u8> {
    field(5, &[field(1, program.as_bytes()), number(2, timeout_ms), number(3, run)].concat())
}

pub(crate) fn shutdown() -> Vec<u8> {
    field(8, &[])
}

pub(crate) fn policy_hash() -> Vec<u8> {
    field(10, &[])
}

pub(crate) fn read_file(name: &str) -> Vec<u8> {
    field(11, &field(1, name.as_bytes()))
}

pub(crate) fn pipeline(name: &str) -> Vec<u8> {
    field(12, &field(1, name.as_bytes()))
}

pub(crate) fn evidence(nonce: &[u8]) -> Vec<u8> {
    field(13, &field(1, nonce))
}

pub(crate) fn cancel(run: u64) -> Vec<u8> {
    field(14, &number(1, run))
}

pub(crate) fn list(path: &str) -> Vec<u8> {
    field(15, &field(1, path.as_bytes()))
}

pub(crate) fn stat(name: &str) -> Vec<u8> {
    field(16, &field(1, name.as_bytes()))
}

pub(crate) fn write_chunk(name: &str, offset: u64, last: bool, content: &[u8]) -> Vec<u8> {
    field(17, &[field(1, name.as_bytes()), number(2, offset), number(3, last.into()), field(5, content)].concat())
}

pub(crate) fn read_chunk(name: &str, offset: u64, length: u64, version: u64) -> Vec<u8> {
    let numbers = [number(2, offset), number(3, length), number(4, version)].concat();
    field(18, &[field(1, name.as_bytes()), numbers].concat())
}

pub(crate) fn runs() -> Vec<u8> {
    field(19, &[])
}

/// A reply, as far as the tests look at it.
#[derive(Debug, Default)]
pub(crate) struct Reply {
    fields: Vec<(u32, Value)>,
}

#[derive(Debug)]
enum Value {
    Number(u64),
    Bytes(Vec<u8>),
}

impl Reply {
    pub(crate) fn parse(mut bytes: &[u8]) -> Self {
        let mut fields = Vec::new();
        while !bytes.is_empty() {
            let key = take_varint(&mut bytes);
            let value = match key & 7 {
                0 => Value::Number(take_varint(&mut bytes)),
                2 => {
                    let length = take_varint(&mut bytes) as usize;
                    let (content, rest) = bytes.split_at(length);
                    bytes = rest;
                    Value::Bytes(content.to_vec())
                }
                other => panic!("wire type {other}"),
            };
            fields.push(((key >> 3) as u32, value));
        }
        Reply { fields }
    }

    pub(crate) fn status(&self) -> u64 {
        self.number(1)
    }

    /// Checks that it is a success.
    #[track_caller]
    pub(crate) fn done(self) -> Self {
        assert_eq!(self.status(), 1, "{} {}", self.code(), self.text(2));
        self
    }

    /// The code of a refusal.
    #[track_caller]
    pub(crate) fn refused(&self) -> String {
        assert_eq!(self.status(), 7, "{self:?}");
        assert!(!self.text(2).is_empty(), "a refusal says why");
        self.code()
    }

    pub(crate) fn code(&self) -> String {
        self.text(9)
    }

    pub(crate) fn detail(&self) -> String {
        self.text(2)
    }

    /// `result.data`, if there is a result.
    pub(crate) fn result(&self) -> Option<Vec<u8>> {
        self.message(4).map(|result| result.bytes(1).unwrap_or_default().to_vec())
    }

    /// The exit code of a compute.
    pub(crate) fn exit_code(&self) -> u32 {
        u32::from_le_bytes(self.result().expect("a result").try_into().expect("four bytes"))
    }

    pub(crate) fn message(&self, number: u32) -> Option<Reply> {
        self.bytes(number).map(Reply::parse)
    }

    pub(crate) fn messages(&self, number: u32) -> Vec<Reply> {
        let of_field = self.fields.iter().filter(|(found, _)| *found == number);
        of_field
            .map(|(_, value)| if let Value::Bytes(bytes) = value { Reply::parse(bytes) } else { panic!() })
            .collect()
    }

    pub(crate) fn bytes(&self, number: u32) -> Option<&[u8]> {
        self.fields.iter().find_map(|(found, value)| match value {
            Value::Bytes(bytes) if *found == number => Some(bytes.as_slice()),
            _ => None,
        })
    }

    pub(crate) fn text(&self, number: u32) -> String {
        String::from_utf8(self.bytes(number).unwrap_or_default().to_vec()).unwrap()
    }

    pub(crate) fn number(&self, number: u32) -> u64 {
        self.fields
            .iter()
            .find_map(|(found, value)| match value {
                Value::Number(value) if *found == number => Some(*value),
                _ => None,
            })
            .unwrap_or_default()
    }
}

fn take_varint(bytes: &mut &[u8]) -> u64 {
    let mut value = 0;
    for shift in (0..).step_by(7) {
        let (byte, rest) = bytes.split_first().expect("a whole number");
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            break;
        }
    }
    value
}
