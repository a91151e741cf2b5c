using System.Globalization;

namespace Sigrun.Storage;

/// <summary>Starts the threads that an engine has beside its own, and says what becomes of what one of them does not handle.</summary>
public sealed class BackgroundThreads
{
    /// <summary>
    /// Told of an exception that a thread does not handle, on that thread and before anything of it is unwound. True when no more
    /// than the thread shall end; else, and while nobody is told, it ends the process.
    /// </summary>
    public Func<Exception, bool>? OnFailure { get; set; }

    /// <summary>Starts a thread.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="run">What it does.</param>
    /// <param name="stackBytes">How much stack it gets; 0 for the usual.</param>
    /// <exception cref="OutOfMemoryException">The system has no room for another thread.</exception>
    public Thread Start(string name, Action run, int stackBytes = 0)
    {
        var thread = new Thread(() => Run(run), stackBytes) { IsBackground = true, Name = name };
        thread.Start();
        return thread;
    }

    private void Run(Action run)
    {
        // What they write is read by programs: it is no affair of whoever embeds the server.
        CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
        try
        {
            run();
        }
        catch (Exception failure) when (OnFailure?.Invoke(failure) == true)
        {
            // Whoever was told ends what the thread belongs to.
        }
    }
}
