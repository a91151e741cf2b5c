namespace Sigrun.Persistence.AppendOnly;

/// <summary>The snapshot of no data, with which the append-only file of a new server begins.</summary>
internal static class EmptySnapshot
{
    /// <summary>The bytes of one.</summary>
    /// <param name="job">What it says.</param>
    public static byte[] Write(RdbSaveJob job)
    {
        var writer = new RdbWriter();
        var encoder = new RdbEncoder(writer, job with { IsAofBase = true });
        encoder.Begin();
        encoder.End();
        writer.WriteUInt64(job.Sums ? Crc64.Compute(writer.Written) : 0);
        return writer.Written.ToArray();
    }
}
