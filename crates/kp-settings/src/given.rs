//! A value as it was written, before anybody knows whether it is right.

/// A value as it was written. Has no `Debug`: it may be a secret.
pub(crate) enum Given {
    /// In a settings file, with a type of its own.
    Toml(toml::Value),
    /// In an environment variable: a text for everything, lists separated by commas.
    Variable(String),
    /// Behind a flag, once for each time that it was typed.
    Words(Vec<String>),
}

impl Given {
    /// The value as one text, whatever scalar it is.
    pub(crate) fn scalar(&self) -> Option<String> {
        match self {
            Self::Toml(toml::Value::String(text)) | Self::Variable(text) => Some(text.clone()),
            Self::Toml(toml::Value::Integer(number)) => Some(number.to_string()),
            Self::Toml(toml::Value::Float(number)) => Some(number.to_string()),
            Self::Toml(toml::Value::Boolean(yes)) => Some(yes.to_string()),
            Self::Toml(_) => None,
            Self::Words(words) => words.last().cloned(),
        }
    }

    /// The value as text, unless the file gives it another type.
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Toml(value) => value.as_str(),
            Self::Variable(text) => Some(text),
            Self::Words(words) => words.last().map(String::as_str),
        }
    }

    pub(crate) fn integer(&self) -> Option<i64> {
        match self {
            Self::Toml(value) => value.as_integer(),
            _ => self.text()?.parse().ok(),
        }
    }

    pub(crate) fn boolean(&self) -> Option<bool> {
        match self {
            Self::Toml(value) => value.as_bool(),
            _ => self.text()?.parse().ok(),
        }
    }

    /// The value as a list of texts; a single text is a list of one.
    pub(crate) fn list(&self) -> Option<Vec<String>> {
        match self {
            Self::Toml(toml::Value::Array(items)) => {
                items.iter().map(|item| item.as_str().map(str::to_owned)).collect()
            }
            Self::Toml(value) => Some(vec![value.as_str()?.to_owned()]),
            Self::Variable(text) => {
                Some(text.split(',').map(str::to_owned).filter(|item| !item.is_empty()).collect())
            }
            Self::Words(words) => Some(words.clone()),
        }
    }

    /// How an error message quotes it; not for secrets.
    pub(crate) fn quoted(&self) -> String {
        const LONGEST: usize = 60;
        let quote = |text: &str| match text.char_indices().nth(LONGEST) {
            Some((end, _)) => format!("{:?}...", &text[..end]),
            None => format!("{text:?}"),
        };
        match self {
            Self::Toml(toml::Value::Table(_)) => "a table".to_owned(),
            Self::Toml(toml::Value::Array(_)) => "this list".to_owned(),
            Self::Toml(toml::Value::String(text)) | Self::Variable(text) => quote(text),
            Self::Toml(value) => value.to_string(),
            Self::Words(words) => quote(&words.join(",")),
        }
    }
}
