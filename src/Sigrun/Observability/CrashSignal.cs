namespace Sigrun.Observability;

/// <summary>A signal that ends the process.</summary>
/// <param name="Number">Its number.</param>
/// <param name="Code">How it came: 0 by another process, below by a process's own doing, above by a failure.</param>
/// <param name="Origin">The address that failed, or who has sent it.</param>
/// <param name="Instruction">Where the thread was.</param>
internal readonly record struct CrashSignal(int Number, int Code, long Origin, long Instruction)
{
    private const int BusError = 7, SegmentationFault = 11;

    /// <summary>Whether a thread has failed and waits.</summary>
    public bool IsFailure => Code > 0;

    /// <summary>Whether somebody else has sent it, so that the server could go on.</summary>
    public bool IsFromOutside => Code == 0;

    /// <summary>Whether it is about an address.</summary>
    public bool HasAddress => Number is SegmentationFault or BusError;

    /// <summary>The process that has sent it.</summary>
    public int ProcessId => (int)Origin;

    /// <summary>The user that has sent it.</summary>
    public int UserId => (int)(Origin >> 32);
}
