//! Enums whose values have a stable name for machines: one definition gives the values, their list, their names, and the
//! two forms that print them.

/// Declares such an enum. Each value is `Name = "stable-name"`, with its documentation.
macro_rules! coded {
    (
        $(#[doc = $about:literal])+
        $kind:ident { $($(#[doc = $doc:literal])+ $name:ident = $code:literal,)+ }
    ) => {
        $(#[doc = $about])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum $kind { $($(#[doc = $doc])+ $name,)+ }

        impl $kind {
            /// Every value, for tests and documentation.
            pub const ALL: &'static [$kind] = &[$($kind::$name),+];

            /// The stable name for machines.
            pub const fn code(self) -> &'static str {
                match self { $($kind::$name => $code),+ }
            }
        }

        impl std::fmt::Display for $kind {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.code())
            }
        }

        impl serde::Serialize for $kind {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.code())
            }
        }
    };
}

pub(crate) use coded;
