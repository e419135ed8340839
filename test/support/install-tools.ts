import { DYNAMODB_LOCAL_VERSION, installDynamoDbLocal } from './dynamodb-local.ts';
import { installMoto, MOTO_VERSION } from './moto.ts';
import { installMiniStack, MINISTACK_VERSION } from './ministack.ts';

/** Installs what the tests use beyond npm packages into the user's cache folder. What cannot be had, the tests report as not run. */
for (const [name, install] of [
  [`MiniStack ${MINISTACK_VERSION}`, installMiniStack],
  [`moto ${MOTO_VERSION}`, installMoto],
  [`DynamoDB Local ${DYNAMODB_LOCAL_VERSION}`, installDynamoDbLocal],
] as const) {
  try {
    await install();
    process.stdout.write(`${name}: installed\n`);
  } catch (thrown) {
    process.stdout.write(
      `${name}: NOT INSTALLED, ${Error.isError(thrown) ? thrown.message : String(thrown)}\n`,
    );
  }
}
