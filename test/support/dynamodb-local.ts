import { existsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { runCommand, startChildProcess, type RunningChild } from '@stepcast/kit/testing/child-process';
import { dynamoDbLocalIsOff } from './config.ts';
import {
  installTool,
  lastErrorLine,
  startOnFreePort,
  ToolUnavailable,
  type RunningServer,
} from './tool-cache.ts';

/** The release that the tests were written against; its differences are pinned by tests, so a newer one is a decision. */
export const DYNAMODB_LOCAL_VERSION = '3.3.1';

const COPY_DEPENDENCIES = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';
const LEAST_JAVA = 17;

/**
 * Installs DynamoDB Local where it is not yet, and starts nothing. Maven fetches it into the user's cache folder; it is for
 * tests only, under a licence of Amazon's own, and never part of what Stepcast distributes.
 * @returns the folder of its libraries
 * @throws ToolUnavailable
 */
export async function installDynamoDbLocal(): Promise<string> {
  if (dynamoDbLocalIsOff()) throw new ToolUnavailable('STEPCAST_TEST_DYNAMODB_LOCAL is off');
  if (process.arch !== 'x64')
    throw new ToolUnavailable(`its SQLite has no library for ${process.platform} on ${process.arch}`);
  await checkJava();
  const folder = await installTool({
    name: `dynamodb-local-${DYNAMODB_LOCAL_VERSION}`,
    works: (folder) => Promise.resolve(existsSync(join(folder, 'lib', JAR))),
    install,
  });
  return join(folder, 'lib');
}

const JAR = `DynamoDBLocal-${DYNAMODB_LOCAL_VERSION}.jar`;

async function checkJava(): Promise<void> {
  let version;
  try {
    version = (await runCommand('java', ['-version'], { timeoutMs: 30_000 })).stderr;
  } catch (cause) {
    throw new ToolUnavailable('there is no java; install a JRE to have them', { cause });
  }
  const major = Number(/version "(\d+)/.exec(version)?.[1]);
  if (!(major >= LEAST_JAVA))
    throw new ToolUnavailable(`it needs Java ${LEAST_JAVA} or later, and this is: ${version.trim()}`);
}

const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>dev.stepcast.test</groupId>
  <artifactId>dynamodb-local</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>software.amazon.dynamodb</groupId>
      <artifactId>DynamoDBLocal</artifactId>
      <version>${DYNAMODB_LOCAL_VERSION}</version>
    </dependency>
  </dependencies>
</project>
`;

async function install(folder: string): Promise<void> {
  try {
    await runCommand('mvn', ['-version'], { timeoutMs: 60_000 });
  } catch (cause) {
    throw new ToolUnavailable('there is no mvn; install Maven to have them', { cause });
  }
  if (process.arch !== 'x64')
    throw new ToolUnavailable(`its SQLite has no library for ${process.platform} on ${process.arch}`);
  await writeFile(join(folder, 'pom.xml'), POM);
  // Maven's own repository is not made for two processes at once.
  const repository = join(folder, 'repository');
  const args = ['--batch-mode', '--quiet', `-Dmaven.repo.local=${repository}`, COPY_DEPENDENCIES];
  try {
    await runCommand('mvn', [...args, '-DincludeScope=runtime', '-DoutputDirectory=lib'], {
      cwd: folder,
      timeoutMs: 240_000,
    });
  } catch (cause) {
    throw new ToolUnavailable(
      `Maven could not fetch DynamoDB Local ${DYNAMODB_LOCAL_VERSION}: ${lastErrorLine(cause)}`,
      { cause },
    );
  }
  await rm(repository, { recursive: true, force: true });
}

/**
 * Starts DynamoDB Local in memory on a free port, installing it first where it is not yet. It listens on every interface,
 * for which it has no option; nothing but test data is in it.
 * @throws ToolUnavailable
 */
export async function startDynamoDbLocal(): Promise<RunningServer> {
  const libraries = await installDynamoDbLocal();
  return startOnFreePort('DynamoDB Local', (port) => start(libraries, port));
}

/** A started server, or what it wrote before it ended. */
async function start(libraries: string, port: number): Promise<RunningServer | string> {
  const child = startChildProcess(
    'java',
    [
      // Starts sooner, and a run of tests is too short for more.
      '-XX:TieredStopAtLevel=1',
      '-Xmx512m',
      `-Djava.library.path=${libraries}`,
      '-cp',
      [join(libraries, JAR), join(libraries, '*')].join(delimiter),
      'software.amazon.dynamodb.services.local.main.ServerRunner',
      '-inMemory',
      '-disableTelemetry',
      '-port',
      String(port),
    ],
    { env: { PATH: process.env['PATH'], HOME: process.env['HOME'], JAVA_HOME: process.env['JAVA_HOME'] } },
  );
  const endpoint = `http://127.0.0.1:${port}`;
  if (await answers(child, endpoint))
    return {
      endpoint,
      async stop() {
        await child.end();
      },
    };
  await child.end();
  return child.output();
}

/** Whether the server answers before its process ends, within a minute. */
async function answers(child: RunningChild, endpoint: string): Promise<boolean> {
  const late = AbortSignal.timeout(60_000);
  while (child.exit() === undefined && !late.aborted) {
    try {
      await fetch(endpoint, { signal: AbortSignal.timeout(5_000) });
      // Whatever it says: an unsigned request is refused. Another server on that port ends the process.
      return child.exit() === undefined;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  return false;
}
