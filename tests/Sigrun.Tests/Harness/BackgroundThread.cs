namespace Sigrun.Tests.Harness;

/// <summary>A thread of a test: what goes wrong on it fails the test that waits for it, not the whole run.</summary>
public sealed class BackgroundThread
{
    private readonly Thread _thread;
    private Exception? _failure;

    public BackgroundThread(Action action)
    {
        _thread = new Thread(() =>
        {
            try
            {
                action();
            }
            catch (Exception e)
            {
                _failure = e;
            }
        })
        { IsBackground = true };
        _thread.Start();
    }

    /// <summary>True once it has failed.</summary>
    public bool HasFailed => Volatile.Read(ref _failure) is not null;

    /// <summary>Waits for its end, for five minutes at most; throws what it threw.</summary>
    public void Join()
    {
        if (!_thread.Join(TimeSpan.FromMinutes(5))) throw new TimeoutException("The thread does not end.");
        if (_failure is not null) throw new InvalidOperationException("Failed on another thread: " + _failure.Message, _failure);
    }
}
