//! The layer of the flags.

use crate::error::SettingsError;
use crate::given::Given;
use crate::input::{FlagValue, Input};
use crate::layer::Layer;
use crate::librdkafka;
use crate::names::RAW;
use crate::nearest::variable;
use crate::origin::Origin;
use crate::table;

/// Reads the flags that were typed. One without values sets nothing.
pub(crate) fn read(input: &Input) -> Result<Layer, SettingsError> {
    let mut layer = Layer::new(&input.local_zone);
    for FlagValue { flag, key, values } in input.flags.iter().filter(|flag| !flag.values.is_empty())
    {
        if let Some(property) =
            key.strip_prefix(RAW).and_then(librdkafka::find).filter(|property| property.secret)
        {
            return Err(SettingsError::SecretInFlag {
                flag: flag.clone(),
                property: property.name,
                instead: instead(property.name),
            });
        }
        layer.assign(key, &Given::Words(values.clone()), Origin::Flag(flag.clone()))?;
    }
    Ok(layer)
}

/// Where a secret belongs instead of in a flag.
fn instead(property: &str) -> String {
    let variable = variable(&format!("{RAW}{property}"));
    let typed = table::settings().iter().find(|setting| setting.property == Some(property));
    match typed {
        Some(setting) => {
            format!("use {} in a settings file, or the variable {variable}", setting.key)
        }
        None => format!("use [kafka.librdkafka] in a settings file, or the variable {variable}"),
    }
}
