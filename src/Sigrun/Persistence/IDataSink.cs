namespace Sigrun.Persistence;

/// <summary>Takes what a writer has written, in order.</summary>
internal interface IDataSink
{
    /// <summary>Takes the next bytes; they are the writer's again afterwards. May throw what its medium throws.</summary>
    void Take(ReadOnlySpan<byte> bytes);
}
