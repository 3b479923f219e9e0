//! Turns `buf.validate` options into Rust: one `Validate` impl a message. A rule that it does not know fails the build, so no
//! written rule is ever skipped. Why not a library: docs/adr/0002-request-rules.md.

use std::fmt::Write;

use anyhow::{Context, Result, bail};
use prost_reflect::{DescriptorPool, DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, Value};

/// The source of all `Validate` impls of the `tasktracker` packages.
pub fn generate(descriptors: &[u8]) -> Result<String> {
    let pool = DescriptorPool::decode(descriptors)?;
    let mut source = String::new();
    for message in pool
        .all_messages()
        .filter(|message| message.package_name().starts_with("tasktracker."))
    {
        if message.parent_message().is_some() {
            bail!("{}: nested messages are not used here", message.full_name());
        }
        let body = message_body(&pool, &message).with_context(|| message.full_name().to_owned())?;
        let (path, out) = if body.is_empty() { ("_at", "_out") } else { ("at", "out") };
        writeln!(
            source,
            "impl crate::validate::Validate for {} {{\n fn check(&self, {path}: &crate::validate::Path<'_>, {out}: &mut Vec<crate::validate::Violation>) {{\n{body} }}\n}}",
            rust_path(&message)
        )?;
    }
    Ok(source)
}

fn message_body(pool: &DescriptorPool, message: &MessageDescriptor) -> Result<String> {
    let mut body = String::new();
    for field in message.fields() {
        let name = rust_field(field.name());
        let rules = options(pool, &field, "buf.validate.field")?;
        let here = format!("at.field({:?})", field.name());
        if let Some(oneof) = field.containing_oneof().filter(|oneof| !field.is_list() && !is_synthetic(oneof)) {
            let checks = value_checks(pool, &field, rules.as_ref(), "value", &here)?;
            if !checks.is_empty() {
                let container = format!("{}::{}", rust_module_of(message), upper_camel(oneof.name()));
                writeln!(
                    body,
                    "if let Some({container}::{}(value)) = &self.{} {{ {checks} }}",
                    upper_camel(field.name()),
                    rust_field(oneof.name())
                )?;
            }
            continue;
        }
        let ignore_zero = rules.as_ref().is_some_and(|rules| enum_number(rules, "ignore") == Some(1));
        if field.is_list() {
            let checks = list_checks(pool, &field, rules.as_ref(), &format!("self.{name}"), &here)?;
            body.push_str(&checks);
        } else if field.supports_presence() {
            let checks = value_checks(pool, &field, rules.as_ref(), "value", &here)?;
            let required = rules.as_ref().is_some_and(|rules| bool_rule(rules, "required"));
            if !checks.is_empty() {
                writeln!(body, "if let Some(value) = &self.{name} {{ {checks} }}")?;
            }
            if required {
                writeln!(body, "if self.{name}.is_none() {{ {here}.violate(out, \"is required\"); }}")?;
            }
        } else {
            let checks = value_checks(pool, &field, rules.as_ref(), "value", &here)?;
            if ignore_zero {
                writeln!(
                    body,
                    "{{ let value = &self.{name}; if !crate::validate::is_zero(value) {{ {checks} }} }}"
                )?;
            } else if !checks.is_empty() {
                writeln!(body, "{{ let value = &self.{name}; {checks} }}")?;
            }
        }
    }
    Ok(body)
}

fn list_checks(pool: &DescriptorPool, field: &FieldDescriptor, rules: Option<&DynamicMessage>, list: &str, here: &str) -> Result<String> {
    let mut body = String::new();
    let repeated = rules.and_then(|rules| message_rule(rules, "repeated"));
    let mut items = None;
    if let Some(repeated) = &repeated {
        for (rule, value) in repeated.fields() {
            match rule.name() {
                "min_items" => writeln!(body, "{here}.at_least_items(out, {list}.len(), {});", number(value)?)?,
                "max_items" => writeln!(body, "{here}.at_most_items(out, {list}.len(), {});", number(value)?)?,
                "unique" => writeln!(body, "{here}.unique(out, &{list});")?,
                "items" => items = value.as_message().cloned(),
                other => bail!("{}: rule repeated.{other} is not supported", field.name()),
            }
        }
    }
    let checks = value_checks(pool, field, items.as_ref(), "value", "at")?;
    if !checks.is_empty() {
        writeln!(
            body,
            "for (index, value) in {list}.iter().enumerate() {{ let list = {here}; let at = list.index(index); {checks} }}"
        )?;
    }
    Ok(body)
}

fn value_checks(pool: &DescriptorPool, field: &FieldDescriptor, rules: Option<&DynamicMessage>, value: &str, here: &str) -> Result<String> {
    let mut body = String::new();
    for (group, inner) in rules.iter().flat_map(|rules| rules.fields()) {
        match group.name() {
            "required" | "ignore" | "repeated" => continue,
            "string" | "int32" | "int64" | "double" | "enum" => {}
            other => bail!("{}: rules of kind {other} are not supported", field.name()),
        }
        let inner = inner.as_message().context("rules are messages")?;
        for (rule, operand) in inner.fields() {
            let check = match (group.name(), rule.name()) {
                ("string", "min_len") => format!("{here}.min_len(out, {value}, {});", number(operand)?),
                ("string", "max_len") => format!("{here}.max_len(out, {value}, {});", number(operand)?),
                ("string", "max_bytes") => format!("{here}.max_bytes(out, {value}, {});", number(operand)?),
                ("string", "pattern") => {
                    let pattern = operand.as_str().context("pattern")?;
                    format!(
                        "{{ static PATTERN: std::sync::LazyLock<regex::Regex> = std::sync::LazyLock::new(|| regex::Regex::new({pattern:?}).expect(\"checked by buf lint\")); {here}.pattern(out, {value}, &PATTERN); }}"
                    )
                }
                ("string", "uuid") => format!("{here}.uuid(out, {value});"),
                ("int32" | "int64", "gte") => format!("{here}.gte(out, *{value} as i64, {});", number(operand)?),
                ("double", "gte") => format!(
                    "{here}.between(out, *{value}, {:?}, f64::INFINITY);",
                    operand.as_f64().context("gte")?
                ),
                ("double", "lte") => format!(
                    "{here}.between(out, *{value}, f64::NEG_INFINITY, {:?});",
                    operand.as_f64().context("lte")?
                ),
                ("enum", "defined_only") => {
                    let Kind::Enum(kind) = field.kind() else {
                        bail!("{}: enum rules on another type", field.name())
                    };
                    let known = kind.values().map(|value| value.number().to_string()).collect::<Vec<_>>().join(", ");
                    format!("{here}.one_of(out, *{value}, &[{known}]);")
                }
                ("enum", "not_in") => {
                    let refused = operand
                        .as_list()
                        .context("not_in")?
                        .iter()
                        .map(|value| number(value).map(|n| n.to_string()))
                        .collect::<Result<Vec<_>>>()?;
                    format!("{here}.none_of(out, *{value}, &[{}]);", refused.join(", "))
                }
                (group, rule) => bail!("{}: rule {group}.{rule} is not supported", field.name()),
            };
            writeln!(body, "{check}")?;
        }
    }
    if let Kind::Message(kind) = field.kind()
        && kind.package_name().starts_with("tasktracker.")
        && pool.get_message_by_name(kind.full_name()).is_some()
    {
        writeln!(body, "crate::validate::Validate::check({value}, &{here}, out);")?;
    }
    Ok(body)
}

fn options(pool: &DescriptorPool, field: &FieldDescriptor, extension: &str) -> Result<Option<DynamicMessage>> {
    let extension = pool.get_extension_by_name(extension).context("buf/validate is not imported")?;
    let options = field.options();
    Ok(options
        .has_extension(&extension)
        .then(|| options.get_extension(&extension).as_message().cloned())
        .flatten())
}

fn message_rule(rules: &DynamicMessage, name: &str) -> Option<DynamicMessage> {
    rules
        .has_field_by_name(name)
        .then(|| rules.get_field_by_name(name)?.as_message().cloned())
        .flatten()
}

fn bool_rule(rules: &DynamicMessage, name: &str) -> bool {
    rules.get_field_by_name(name).and_then(|value| value.as_bool()).unwrap_or(false)
}

fn enum_number(rules: &DynamicMessage, name: &str) -> Option<i32> {
    rules.get_field_by_name(name).and_then(|value| value.as_enum_number())
}

fn number(value: &Value) -> Result<i64> {
    Ok(match value {
        Value::I32(value) | Value::EnumNumber(value) => i64::from(*value),
        Value::I64(value) => *value,
        Value::U32(value) => i64::from(*value),
        Value::U64(value) => i64::try_from(*value)?,
        other => bail!("{other:?} is no number"),
    })
}

fn is_synthetic(oneof: &prost_reflect::OneofDescriptor) -> bool {
    oneof.fields().len() == 1 && oneof.name().starts_with('_')
}

fn rust_path(message: &MessageDescriptor) -> String {
    format!("{}::{}", rust_package(message.package_name()), message.name())
}

fn rust_module_of(message: &MessageDescriptor) -> String {
    format!("{}::{}", rust_package(message.package_name()), snake(message.name()))
}

fn rust_package(package: &str) -> String {
    package
        .split('.')
        .fold("crate".to_owned(), |path, part| path + "::" + &rust_field(part))
}

fn rust_field(name: &str) -> String {
    if matches!(name, "type" | "use" | "in" | "ref" | "match") {
        format!("r#{name}")
    } else {
        name.to_owned()
    }
}

fn upper_camel(name: &str) -> String {
    name.split('_').map(|part| part[..1].to_uppercase() + &part[1..]).collect()
}

fn snake(name: &str) -> String {
    let mut snake = String::new();
    for (index, letter) in name.chars().enumerate() {
        if letter.is_uppercase() && index > 0 {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}
