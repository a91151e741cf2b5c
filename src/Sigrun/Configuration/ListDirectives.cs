using System.Globalization;

namespace Sigrun.Configuration;

/// <summary>The field of a directive that is a list of addresses.</summary>
internal delegate ref string[] AddressesField(EngineSettings settings);

/// <summary>Addresses to listen on; a leading '-' means that one may be missing on this host.</summary>
internal sealed class AddressesDirective(Support support, string name, AddressesField field)
    : Directive(support, name, null, DirectiveFlags.MultipleArguments)
{
    private const int MaxAddresses = 16;

    /// <inheritdoc/>
    public override SetOutcome Set(SetContext context, ReadOnlySpan<string> args, out string? error)
    {
        error = args.Length > MaxAddresses ? "Too many bind addresses specified." : null;
        if (error != null)
            return SetOutcome.Refused;
        bool none = args.Length == 1 && args[0].Length == 0;
        field(context.Settings) = none ? [] : args.ToArray();
        return SetOutcome.Changed;
    }

    /// <inheritdoc/>
    public override string Get(EngineSettings settings) => string.Join(' ', field(settings));

    /// <inheritdoc/>
    /// <remarks>The default is left out: it is what a file without the line means.</remarks>
    public override string[] FileValues(EngineSettings settings) => field(settings) switch
    {
        [] => ["\"\""],
        var addresses when addresses.AsSpan().SequenceEqual(field(new EngineSettings())) => [],
        _ => [Get(settings)],
    };
}

/// <summary>save: pairs of seconds and changes. In a file the lines add up, the first one replacing the default.</summary>
internal sealed class SaveDirective() : Directive(Support.Works, "save", null, DirectiveFlags.MultipleArguments)
{
    /// <inheritdoc/>
    public override SetOutcome Set(SetContext context, ReadOnlySpan<string> args, out string? error)
    {
        PersistenceSettings settings = context.Settings.Persistence;
        if (args.Length == 1 && args[0].Length == 0)
        {
            args = [];
            settings.SavePoints = [];
        }

        if (!TryParse(args, out SavePoint[] points))
        {
            error = "Invalid save parameters";
            return SetOutcome.Refused;
        }

        bool replaces = !context.ReadingFile || !context.SavePointsRead;
        context.SavePointsRead |= context.ReadingFile;
        settings.SavePoints = replaces ? points : [.. settings.SavePoints, .. points];
        error = null;
        return SetOutcome.Changed;
    }

    /// <inheritdoc/>
    public override string Get(EngineSettings settings)
    {
        SavePoint[] points = settings.Persistence.SavePoints;
        string[] texts = new string[points.Length];
        for (int i = 0; i < points.Length; i++)
            texts[i] = points[i].Seconds.ToString(CultureInfo.InvariantCulture) + " " + points[i].Changes.ToString(CultureInfo.InvariantCulture);
        return string.Join(' ', texts);
    }

    /// <inheritdoc/>
    public override string[] FileValues(EngineSettings settings) => [settings.Persistence.SavePoints.Length == 0 ? "\"\"" : Get(settings)];

    /// <inheritdoc/>
    public override bool IsAlwaysWritten => true;

    private static bool TryParse(ReadOnlySpan<string> args, out SavePoint[] points)
    {
        points = [];
        if (args.Length % 2 != 0)
            return false;
        var parsed = new SavePoint[args.Length / 2];
        for (int i = 0; i < parsed.Length; i++)
        {
            if (!NumberText.TryPrefix(args[i * 2], 10, out long seconds, out _) || seconds < 1
                || !NumberText.TryPrefix(args[(i * 2) + 1], 10, out long changes, out _) || changes < 0)
                return false;
            parsed[i] = new SavePoint(seconds, (int)Math.Min(changes, int.MaxValue));
        }

        points = parsed;
        return true;
    }
}

/// <summary>client-output-buffer-limit: a class of clients and its three limits, for any number of classes.</summary>
internal sealed class OutputBufferLimitDirective(Support support)
    : Directive(support, "client-output-buffer-limit", null, DirectiveFlags.MultipleArguments)
{
    private const int Replica = 1;
    private const string ReplicaName = "replica";

    private static readonly string[] Classes = ["normal", "slave", "pubsub"];

    /// <inheritdoc/>
    public override SetOutcome Set(SetContext context, ReadOnlySpan<string> args, out string? error)
    {
        if (args.Length % 4 != 0)
        {
            error = "Wrong number of arguments in buffer limit configuration.";
            return SetOutcome.Refused;
        }

        var limits = (OutputBufferLimit[])context.Settings.Network.OutputBufferLimits.Clone();
        for (int i = 0; i < args.Length; i += 4)
        {
            error = Parse(args.Slice(i, 4), limits);
            if (error != null)
                return SetOutcome.Refused;
        }

        context.Settings.Network.OutputBufferLimits = limits;
        error = null;
        return SetOutcome.Changed;
    }

    /// <inheritdoc/>
    public override string Get(EngineSettings settings)
    {
        string[] texts = new string[Classes.Length];
        for (int i = 0; i < Classes.Length; i++)
        {
            OutputBufferLimit limit = settings.Network.OutputBufferLimits[i];
            texts[i] = $"{Classes[i]} {limit.HardBytes} {limit.SoftBytes} {limit.SoftSeconds}";
        }

        return string.Join(' ', texts);
    }

    /// <inheritdoc/>
    public override string[] FileValues(EngineSettings settings)
    {
        string[] lines = new string[Classes.Length];
        for (int i = 0; i < lines.Length; i++)
        {
            OutputBufferLimit limit = settings.Network.OutputBufferLimits[i];
            string name = i == Replica ? ReplicaName : Classes[i];
            lines[i] = $"{name} {NumberText.Memory(limit.HardBytes)} {NumberText.Memory(limit.SoftBytes)} {limit.SoftSeconds}";
        }
        return lines;
    }

    private static string? Parse(ReadOnlySpan<string> args, OutputBufferLimit[] limits)
    {
        int index = ClassOf(args[0]);
        if (index < 0)
            return "Invalid client class specified in buffer limit configuration.";
        if (!NumberText.TryMemory(args[1], out ulong hard) || !NumberText.TryMemory(args[2], out ulong soft)
            || !NumberText.TryPrefix(args[3], 10, out long seconds, out _) || (int)seconds < 0)
            return "Error in hard, soft or soft_seconds setting in buffer limit configuration.";
        limits[index] = new OutputBufferLimit(hard, soft, (int)seconds);
        return null;
    }

    private static int ClassOf(string name)
    {
        if (name.Equals(ReplicaName, StringComparison.OrdinalIgnoreCase))
            return Replica;
        for (int i = 0; i < Classes.Length; i++)
        {
            if (name.Equals(Classes[i], StringComparison.OrdinalIgnoreCase))
                return i;
        }

        return -1;
    }
}

/// <summary>oom-score-adj-values: for a primary, a replica and a background job.</summary>
internal sealed class OomScoreValuesDirective()
    : Directive(Support.Works, "oom-score-adj-values", null, DirectiveFlags.MultipleArguments)
{
    private const int Limit = 2000;

    /// <inheritdoc/>
    public override SetOutcome Set(SetContext context, ReadOnlySpan<string> args, out string? error)
    {
        int[] present = context.Settings.Process.OomScoreAdjustValues;
        if (args.Length != present.Length)
        {
            error = "wrong number of arguments";
            return SetOutcome.Refused;
        }

        int[] values = new int[present.Length];
        for (int i = 0; i < values.Length; i++)
        {
            if (!NumberText.TryPrefix(args[i], 10, out long value, out _) || value < -Limit || value > Limit)
            {
                error = "Invalid oom-score-adj-values, elements must be between -2000 and 2000.";
                return SetOutcome.Refused;
            }

            values[i] = (int)value;
        }

        if (values[1] < values[0] || values[2] < values[1])
        {
            context.Warnings.Add("The oom-score-adj-values configuration may not work for non-privileged processes! "
                + "Please consult the documentation.");
        }

        error = null;
        context.Settings.Process.OomScoreAdjustValues = values;
        return Outcome(!values.AsSpan().SequenceEqual(present));
    }

    /// <inheritdoc/>
    public override string Get(EngineSettings settings) => string.Join(' ', settings.Process.OomScoreAdjustValues);
}

/// <summary>latency-tracking-info-percentiles: the percentiles that INFO shows.</summary>
internal sealed class PercentilesDirective()
    : Directive(Support.Works, "latency-tracking-info-percentiles", null, DirectiveFlags.MultipleArguments)
{
    /// <inheritdoc/>
    public override SetOutcome Set(SetContext context, ReadOnlySpan<string> args, out string? error)
    {
        bool none = args.Length == 1 && args[0].Length == 0;
        double[] percentiles = new double[none ? 0 : args.Length];
        for (int i = 0; i < percentiles.Length; i++)
        {
            if (!double.TryParse(args[i], NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent,
                CultureInfo.InvariantCulture, out percentiles[i]) || double.IsNaN(percentiles[i]))
            {
                error = "Invalid latency-tracking-info-percentiles parameters";
                return SetOutcome.Refused;
            }

            if (percentiles[i] > 100.0 || percentiles[i] < 0.0)
            {
                error = "latency-tracking-info-percentiles parameters should sit between [0.0,100.0]";
                return SetOutcome.Refused;
            }
        }

        context.Settings.Observability.LatencyPercentiles = percentiles;
        error = null;
        return SetOutcome.Changed;
    }

    /// <inheritdoc/>
    public override string Get(EngineSettings settings)
    {
        double[] percentiles = settings.Observability.LatencyPercentiles;
        string[] texts = new string[percentiles.Length];
        for (int i = 0; i < texts.Length; i++)
            texts[i] = percentiles[i].ToString("F6", CultureInfo.InvariantCulture).TrimEnd('0').TrimEnd('.');
        return string.Join(' ', texts);
    }

    /// <inheritdoc/>
    public override string[] FileValues(EngineSettings settings) => [settings.Observability.LatencyPercentiles.Length == 0 ? "\"\"" : Get(settings)];

    /// <inheritdoc/>
    public override bool IsAlwaysWritten => true;
}
