using System.Globalization;

namespace Sigrun.Configuration;

/// <summary>The field of a yes-or-no directive.</summary>
internal delegate ref bool BoolField(EngineSettings settings);

/// <summary>The field of a text directive.</summary>
internal delegate ref string? TextField(EngineSettings settings);

/// <summary>The field of a 32-bit directive.</summary>
internal delegate ref int IntField(EngineSettings settings);

/// <summary>The field of an unsigned 32-bit directive.</summary>
internal delegate ref uint UIntField(EngineSettings settings);

/// <summary>The field of a 64-bit directive.</summary>
internal delegate ref long LongField(EngineSettings settings);

/// <summary>The field of an unsigned 64-bit directive.</summary>
internal delegate ref ulong ULongField(EngineSettings settings);

/// <summary>How the text of a number is read and shown.</summary>
internal enum NumberForm : byte
{
    /// <summary>A decimal integer.</summary>
    Plain,

    /// <summary>A size with an optional unit (b, k, kb, m, mb, g, gb).</summary>
    Memory,

    /// <summary>A size, or a negative number without a unit.</summary>
    SignedMemory,

    /// <summary>A size, or a percentage that is kept as a negative number.</summary>
    MemoryOrPercent,

    /// <summary>An octal number.</summary>
    Octal,
}

/// <summary>A directive that is yes or no.</summary>
internal sealed class BoolDirective(Support support, string name, BoolField field, string? alias, DirectiveFlags flags,
    Func<bool, string?>? check) : Directive(support, name, alias, flags)
{
    /// <inheritdoc/>
    public override SetOutcome Set(SetContext context, ReadOnlySpan<string> args, out string? error)
    {
        bool yes = args[0].Equals("yes", StringComparison.OrdinalIgnoreCase);
        if (!yes && !args[0].Equals("no", StringComparison.OrdinalIgnoreCase))
        {
            error = "argument must be 'yes' or 'no'";
            return SetOutcome.Refused;
        }

        error = check?.Invoke(yes);
        if (error != null)
            return SetOutcome.Refused;
        ref bool target = ref field(context.Settings);
        bool changed = target != yes;
        target = yes;
        return Outcome(changed);
    }

    /// <inheritdoc/>
    public override string Get(EngineSettings settings) => field(settings) ? "yes" : "no";
}

/// <summary>A directive that is text. Where null is its default, empty text means null.</summary>
internal sealed class TextDirective(Support support, string name, TextField field, string? alias, DirectiveFlags flags,
    bool emptyIsNull, Func<string, string?>? check) : Directive(support, name, alias, flags)
{
    /// <inheritdoc/>
    public override SetOutcome Set(SetContext context, ReadOnlySpan<string> args, out string? error)
    {
        error = check?.Invoke(args[0]);
        if (error != null)
            return SetOutcome.Refused;
        string? value = emptyIsNull && args[0].Length == 0 ? null : args[0];
        ref string? target = ref field(context.Settings);
        bool changed = target != value;
        target = value;
        return Outcome(changed);
    }

    /// <inheritdoc/>
    public override string Get(EngineSettings settings) => field(settings) ?? "";

    /// <inheritdoc/>
    public override string[] FileValues(EngineSettings settings) => field(settings) is { } text ? [Quoted(text)] : [];
}

/// <summary>A directive that is one word of a list, or several words where it takes several arguments.</summary>
internal sealed class WordDirective(Support support, string name, Func<EngineSettings, int> read, Action<EngineSettings, int> write,
    WordList words, string? alias, DirectiveFlags flags, Func<int, string?>? check) : Directive(support, name, alias, flags)
{
    /// <inheritdoc/>
    public override SetOutcome Set(SetContext context, ReadOnlySpan<string> args, out string? error)
    {
        bool several = Is(DirectiveFlags.MultipleArguments);
        if (args.Length == 0 || (!several && args.Length != 1) || !words.TryCombine(args, out int value))
        {
            error = "argument(s) must be one of the following: " + string.Join(", ", words.Words);
            return SetOutcome.Refused;
        }

        error = check?.Invoke(value);
        if (error != null)
            return SetOutcome.Refused;
        bool changed = read(context.Settings) != value;
        write(context.Settings, value);
        return Outcome(changed);
    }

    /// <inheritdoc/>
    public override string Get(EngineSettings settings) => words.Text(read(settings), Is(DirectiveFlags.MultipleArguments));
}

/// <summary>A directive that is a number; the classes below only differ in the field they keep it in.</summary>
/// <remarks>A number that is accepted but of no use is moved to the nearest useful one by <c>normalize</c>.</remarks>
internal abstract class NumberDirective(Support support, string name, long min, long max, NumberForm form, string? alias,
    DirectiveFlags flags, bool unsigned, Func<long, long>? normalize = null) : Directive(support, name, alias, flags)
{
    /// <inheritdoc/>
    public override SetOutcome Set(SetContext context, ReadOnlySpan<string> args, out string? error)
    {
        if (!TryParse(args[0], out long value))
        {
            error = ParseError;
            return SetOutcome.Refused;
        }

        error = BoundsError(value);
        if (error != null)
            return SetOutcome.Refused;
        value = normalize == null ? value : normalize(value);
        bool changed = Read(context.Settings) != value;
        Write(context.Settings, value);
        return Outcome(changed);
    }

    /// <inheritdoc/>
    public override string Get(EngineSettings settings)
    {
        long value = Read(settings);
        return form switch
        {
            NumberForm.MemoryOrPercent when value < 0 => (-value).ToString(CultureInfo.InvariantCulture) + "%",
            NumberForm.SignedMemory when value < 0 => value.ToString(CultureInfo.InvariantCulture),
            NumberForm.Memory or NumberForm.SignedMemory or NumberForm.MemoryOrPercent =>
                ((ulong)value).ToString(CultureInfo.InvariantCulture),
            NumberForm.Octal => NumberText.Octal((ulong)value),
            _ => value.ToString(CultureInfo.InvariantCulture),
        };
    }

    /// <inheritdoc/>
    public override string[] FileValues(EngineSettings settings)
    {
        long value = Read(settings);
        bool hasUnit = form == NumberForm.Memory || (form is NumberForm.SignedMemory or NumberForm.MemoryOrPercent && value >= 0);
        return [hasUnit ? NumberText.Memory((ulong)value) : Get(settings)];
    }

    /// <summary>The number in the settings.</summary>
    protected abstract long Read(EngineSettings settings);

    /// <summary>Stores the number, which is within bounds.</summary>
    protected abstract void Write(EngineSettings settings, long value);

    private string ParseError => form switch
    {
        NumberForm.MemoryOrPercent => "argument must be a memory or percent value",
        NumberForm.Memory or NumberForm.SignedMemory => "argument must be a memory value",
        NumberForm.Octal => "argument couldn't be parsed as an octal number",
        _ => "argument couldn't be parsed into an integer",
    };

    private bool TryParse(string text, out long value)
    {
        switch (form)
        {
            case NumberForm.Plain:
                return NumberText.TryInteger(text, out value);
            case NumberForm.Octal:
                return NumberText.TryPrefix(text, 8, out value, out bool overflow) && !overflow;
            default:
                if (NumberText.TryMemory(text, out ulong bytes))
                {
                    value = (long)bytes;
                    return true;
                }

                if (form == NumberForm.SignedMemory)
                    return NumberText.TryInteger(text, out value);
                value = 0;
                return form == NumberForm.MemoryOrPercent && TryPercent(text, out value);
        }
    }

    private static bool TryPercent(string text, out long value)
    {
        value = 0;
        if (text.Length < 2 || text[^1] != '%' || !NumberText.TryInteger(text.AsSpan(0, text.Length - 1), out long percent)
            || percent < 0)
            return false;
        value = -percent;
        return true;
    }

    private string? BoundsError(long value)
    {
        if (unsigned)
        {
            if ((ulong)value <= (ulong)max && (ulong)value >= (ulong)min)
                return null;
            return form == NumberForm.Octal
                ? $"argument must be between {NumberText.Octal((ulong)min)} and {NumberText.Octal((ulong)max)} inclusive"
                : $"argument must be between {(ulong)min} and {(ulong)max} inclusive";
        }

        if (form == NumberForm.MemoryOrPercent && value < 0)
            return value < min ? $"percentage argument must be less or equal to {-min}" : null;
        return value < min || value > max ? $"argument must be between {min} and {max} inclusive" : null;
    }
}

/// <summary>A number in an int field.</summary>
internal sealed class IntDirective(Support support, string name, IntField field, int min, int max, NumberForm form, string? alias,
    DirectiveFlags flags, Func<long, long>? normalize) : NumberDirective(support, name, min, max, form, alias, flags, unsigned: false, normalize)
{
    /// <inheritdoc/>
    protected override long Read(EngineSettings settings) => field(settings);

    /// <inheritdoc/>
    protected override void Write(EngineSettings settings, long value) => field(settings) = (int)value;
}

/// <summary>A number in a uint field.</summary>
internal sealed class UIntDirective(Support support, string name, UIntField field, uint min, uint max, NumberForm form, string? alias,
    DirectiveFlags flags) : NumberDirective(support, name, min, max, form, alias, flags, unsigned: true)
{
    /// <inheritdoc/>
    protected override long Read(EngineSettings settings) => field(settings);

    /// <inheritdoc/>
    protected override void Write(EngineSettings settings, long value) => field(settings) = (uint)value;
}

/// <summary>A number in a long field.</summary>
internal sealed class LongDirective(Support support, string name, LongField field, long min, long max, NumberForm form, string? alias,
    DirectiveFlags flags, Func<long, long>? normalize) : NumberDirective(support, name, min, max, form, alias, flags, unsigned: false, normalize)
{
    /// <inheritdoc/>
    protected override long Read(EngineSettings settings) => field(settings);

    /// <inheritdoc/>
    protected override void Write(EngineSettings settings, long value) => field(settings) = value;
}

/// <summary>A number in a ulong field.</summary>
internal sealed class ULongDirective(Support support, string name, ULongField field, ulong min, ulong max, NumberForm form, string? alias,
    DirectiveFlags flags) : NumberDirective(support, name, (long)min, (long)max, form, alias, flags, unsigned: true)
{
    /// <inheritdoc/>
    protected override long Read(EngineSettings settings) => (long)field(settings);

    /// <inheritdoc/>
    protected override void Write(EngineSettings settings, long value) => field(settings) = (ulong)value;
}
