import de.bwaldvogel.mongo.MongoCollection;
import de.bwaldvogel.mongo.MongoDatabase;
import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.MongoVersion;
import de.bwaldvogel.mongo.backend.CursorRegistry;
import de.bwaldvogel.mongo.backend.Index;
import de.bwaldvogel.mongo.backend.IndexKey;
import de.bwaldvogel.mongo.backend.h2.H2Backend;
import de.bwaldvogel.mongo.backend.h2.H2Database;
import de.bwaldvogel.mongo.bson.Document;
import de.bwaldvogel.mongo.wire.message.MongoMessage;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.h2.mvstore.MVStore;

/**
 * mongo-java-server on one H2 file, for trying Leadwire out without a mongod.
 *
 * <p>Arguments: host, port, file, flush interval in ms. Ends on SIGTERM; the file is then complete.
 */
public final class LeadwireMongo {
    /** The file is compacted while less of it than this is in use. */
    private static final int COMPACT_BELOW_PERCENT = 50;
    /** Measured at 18 leads/s: the file stays twice its content, and commits take 20 ms at most, not up to 850. */
    private static final long COMPACT_PAUSE_MS = 50;
    private static final int COMPACT_BITE_BYTES = 256 << 10;
    /** After so many bites in a row that found nothing it takes twice as much, up to so many times. */
    private static final int COMPACT_MISSES = 20;
    private static final int COMPACT_MOST_DOUBLINGS = 4;

    public static void main(String[] args) throws Exception {
        String host = args[0];
        int port = Integer.parseInt(args[1]);
        String file = args[2];
        long flushMs = Long.parseLong(args[3]);

        // Nothing is written or compacted but by us: the store would commit half a statement, and its own housekeeping
        // moves tens of megabytes at a time, for which every commit waits up to a second.
        MVStore store = new MVStore.Builder().fileName(file).autoCommitDisabled().autoCompactFillRate(0).open();
        // A page no longer used may be overwritten at once, not after 45 s: only a power cut asks for the old one, and
        // the file stays a sixth of the size (48 MB instead of 330 MB after 28,000 small writes).
        store.setRetentionTime(0);
        JournaledBackend backend = new JournaledBackend(store);
        backend.version(new Mongo50());
        MongoServer server = new MongoServer(backend);
        Runtime.getRuntime().addShutdownHook(new Thread(server::shutdownNow, "leadwire-shutdown"));
        // A thread serves many connections: more of them than the default, as a slow report blocks all of its thread's.
        server.bind(new InetSocketAddress(host, port), 1, 16);

        repeat("leadwire-flush", flushMs, store, backend::flush);
        repeat("leadwire-compact", COMPACT_PAUSE_MS, store, backend::compact);
    }

    private static void repeat(String name, long pauseMs, MVStore store, Runnable step) {
        Thread thread = new Thread(() -> {
            while (!store.isClosed()) {
                try {
                    Thread.sleep(pauseMs);
                    step.run();
                } catch (InterruptedException e) {
                    return;
                } catch (RuntimeException e) {
                    // A store that cannot write (disk full) answers every later write with this error itself.
                    System.err.println(name + " failed: " + e);
                }
            }
        }, name);
        thread.setDaemon(true);
        thread.start();
    }

    /** Current drivers ask for wire version 9 or more; the library's own "5.0" says 8. */
    private static final class Mongo50 implements MongoVersion {
        @Override
        public List<Integer> getVersionArray() {
            return List.of(5, 0, 0);
        }

        @Override
        public int getWireVersion() {
            return 13;
        }
    }

    /**
     * Keeps three promises the plain backend does not: a write that asks for the journal (or a majority, which implies
     * it) is in the file before it is acknowledged; the file never holds half a statement (a document without its index
     * entry); and two clients may create the same collection at once. Writers that wait at the same time share one
     * commit.
     */
    private static final class JournaledBackend extends H2Backend {
        private static final Set<String> WRITES = Set.of(
                "insert", "update", "delete", "findAndModify", "findandmodify", "create", "createIndexes", "drop",
                "dropDatabase", "dropIndexes", "deleteIndexes", "renameCollection", "collMod");
        /** Writes to documents, which can run side by side once their collection is there. */
        private static final Set<String> DOCUMENT_WRITES =
                Set.of("insert", "update", "delete", "findAndModify", "findandmodify");

        private final MVStore store;
        private final ReadWriteLock statements = new ReentrantReadWriteLock();
        private final Set<String> collections = ConcurrentHashMap.newKeySet();
        private final AtomicLong written = new AtomicLong();
        private final Object commits = new Object();
        private long committed;
        /** Bites in a row that found nothing to compact. */
        private int misses;

        JournaledBackend(MVStore store) {
            super(store);
            this.store = store;
        }

        @Override
        protected MongoDatabase openOrCreateDatabase(String name) {
            return new IndexedDatabase(name, getMvStore(), getCursorRegistry());
        }

        @Override
        public Document handleMessage(MongoMessage message) {
            Document command = message.getDocument();
            String statement = command.keySet().iterator().next();
            if (!WRITES.contains(statement)) {
                return super.handleMessage(message);
            }
            long mine;
            Document answer;
            String collection = message.getDatabaseName() + "." + command.get(statement);
            Lock turn = takeTurn(statement, collection);
            try {
                answer = super.handleMessage(message);
                if (DOCUMENT_WRITES.contains(statement)) {
                    collections.add(collection);
                } else {
                    collections.clear();
                }
            } finally {
                mine = written.incrementAndGet();
                turn.unlock();
            }
            if (asksForJournal(command)) {
                commitUpTo(mine);
            }
            return answer;
        }

        /**
         * The plain backend creates a collection (which the first write to it does too) in steps that two clients at
         * once trip over: one of them fails, or the collection is left without its index of ids. So whatever may create
         * or remove one runs alone.
         */
        private Lock takeTurn(String statement, String collection) {
            if (DOCUMENT_WRITES.contains(statement)) {
                statements.readLock().lock();
                if (collections.contains(collection)) {
                    return statements.readLock();
                }
                statements.readLock().unlock();
            }
            statements.writeLock().lock();
            return statements.writeLock();
        }

        private static boolean asksForJournal(Document command) {
            if (!(command.get("writeConcern") instanceof Document concern)) {
                return false;
            }
            return Boolean.TRUE.equals(concern.get("j")) || "majority".equals(concern.get("w"));
        }

        private void commitUpTo(long mine) {
            synchronized (commits) {
                if (committed >= mine) {
                    return;
                }
                betweenStatements(this::commitAll);
            }
        }

        private void commitAll() {
            long upTo = written.get();
            store.commit();
            committed = upTo;
        }

        private void betweenStatements(Runnable step) {
            statements.writeLock().lock();
            try {
                step.run();
            } finally {
                statements.writeLock().unlock();
            }
        }

        void flush() {
            commitUpTo(written.get());
        }

        /**
         * Writes a little of what is left in mostly unused parts of the file anew, so that these can be used again. A
         * bite takes a few milliseconds, and no statement is half done meanwhile.
         */
        void compact() {
            if (store.getFileStore().getChunksFillRate() >= COMPACT_BELOW_PERCENT) {
                return;
            }
            synchronized (commits) {
                betweenStatements(this::takeBite);
            }
        }

        private void takeBite() {
            // A part larger than the bite keeps the store from seeing the smaller ones before it.
            int bite = COMPACT_BITE_BYTES << Math.min(misses / COMPACT_MISSES, COMPACT_MOST_DOUBLINGS);
            if (store.compact(COMPACT_BELOW_PERCENT, bite)) {
                commitAll();
                misses = 0;
            } else {
                misses++;
            }
        }
    }

    /** A database whose unique indexes serve every query that names their fields. */
    private static final class IndexedDatabase extends H2Database {
        IndexedDatabase(String name, MVStore store, CursorRegistry cursors) {
            super(name, store, cursors);
        }

        @Override
        protected Index<Object> openOrCreateUniqueIndex(
                String collection, String name, List<IndexKey> keys, boolean sparse) {
            return new WideIndex(super.openOrCreateUniqueIndex(collection, name, keys, sparse), sparse);
        }
    }

    /**
     * An index as the library has it serves queries for its own fields and no others: a compare-and-set by id and state
     * reads the whole collection. This one finds the candidates by its own fields; the library then matches what it is
     * given against the whole query.
     */
    private static final class WideIndex extends Index<Object> {
        private final Index<Object> index;

        WideIndex(Index<Object> index, boolean sparse) {
            super(index.getName(), index.getKeys(), sparse);
            this.index = index;
        }

        /** The part of a query that is about the index's own fields; null when it does not name them all. */
        private Document ownPart(Document query) {
            Document own = new Document();
            for (String key : keys()) {
                if (!query.containsKey(key)) {
                    return null;
                }
                own.put(key, query.get(key));
            }
            return own;
        }

        @Override
        public boolean canHandle(Document query) {
            Document own = ownPart(query);
            return own != null && index.canHandle(own);
        }

        @Override
        public Iterable<Object> getPositions(Document query) {
            return index.getPositions(ownPart(query));
        }

        @Override
        public Object getPosition(Document document) {
            return index.getPosition(document);
        }

        @Override
        public void checkAdd(Document document, MongoCollection<Object> collection) {
            index.checkAdd(document, collection);
        }

        @Override
        public void add(Document document, Object position, MongoCollection<Object> collection) {
            index.add(document, position, collection);
        }

        @Override
        public Object remove(Document document) {
            return index.remove(document);
        }

        @Override
        public void checkUpdate(Document before, Document after, MongoCollection<Object> collection) {
            index.checkUpdate(before, after, collection);
        }

        @Override
        public void updateInPlace(
                Document before, Document after, Object position, MongoCollection<Object> collection) {
            index.updateInPlace(before, after, position, collection);
        }

        @Override
        public long getCount() {
            return index.getCount();
        }

        @Override
        public long getDataSize() {
            return index.getDataSize();
        }

        @Override
        public boolean isUnique() {
            return index.isUnique();
        }

        @Override
        public void drop() {
            index.drop();
        }
    }
}
